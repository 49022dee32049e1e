#pragma once
// The text of an answer while its tokens come: what is certain is told at once, and nothing is taken back.
#include <string>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace selfreward {

/// Tokens -> text, piece by piece: a character is told when it is complete. Special tokens have no text.
class Detokenizer {
 public:
  /// `before`: tokens in front of the first one, whose text is not told; they decide whether a SentencePiece
  /// text begins with a space.
  explicit Detokenizer(const Tokenizer& tokenizer, const TokenIds& before = {});

  /// The text that `id` makes certain; may be empty.
  std::string add(int64_t id);
  /// The rest, where no token follows.
  std::string finish();

 private:
  std::string take_open();

  const Tokenizer& tokenizer_;
  TokenIds known_, open_;  // the newest tokens whose text was told; those whose text was not
};

/// Text -> the text before the first stop string. Holds back what may be the beginning of one.
class StopFinder {
 public:
  explicit StopFinder(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  /// The text that is certain now.
  std::string add(const std::string& text);
  /// The rest, where no text follows.
  std::string finish();
  bool found() const { return found_; }
  bool is_stop(const std::string& token) const;

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool found_ = false;
};

/// The two together, with the place of each token.
class TextStream {
 public:
  /// `offset`: characters in front of the text, that the places count too.
  TextStream(const Tokenizer& tokenizer, const TokenIds& before, std::vector<std::string> stops,
             int64_t offset);

  /// The text that `id` makes certain. A special token that is a stop string itself ends the text.
  std::string add(int64_t id);
  /// The rest, where no token follows.
  std::string finish();
  /// Where the text of the next token begins.
  int64_t offset() const { return offset_; }
  /// Whether a stop string was found.
  bool stopped() const { return stopped_ || finder_.found(); }

 private:
  const Tokenizer& tokenizer_;
  Detokenizer detokenizer_;
  StopFinder finder_;
  int64_t offset_;
  bool stopped_ = false;  // by a special token
};

}  // namespace selfreward
