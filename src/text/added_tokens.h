#pragma once
// The "added_tokens" of tokenizer.json: tokens such as <|im_end|> that are found in a text as they are,
// before anything else looks at it.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/normalizer.h"
#include "text/tokenizer_json.h"

namespace selfreward {

struct AddedToken {
  int64_t id = 0;
  std::string content;
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // takes the white space after it along
  bool normalized = false;   // looked for in the normalized text
  bool special = false;      // left out by decode(skip_special)
};

/// The tokens of the file that have a content.
std::vector<AddedToken> read_added_tokens(const JsonPart& tokenizer);

/// Finds tokens in a text: the leftmost, and of those the longest.
class AddedTokenFinder {
 public:
  /// `patterns[i]` is how `tokens[i]` is spelled in the texts to come.
  AddedTokenFinder(std::vector<AddedToken> tokens, const std::vector<std::string>& patterns);

  /// A piece of a text: a token, or what lies between tokens.
  struct Piece {
    std::string_view text;
    std::optional<int64_t> id;
  };
  /// The pieces of valid UTF-8 from begin to end; views into `text`.
  std::vector<Piece> split(std::string_view text) const;

 private:
  struct Pattern {
    std::string text;
    AddedToken token;
  };
  const Pattern* longest_at(std::string_view text, size_t at) const;

  std::array<std::vector<Pattern>, 256> by_first_byte_;  // each sorted, longest first
};

/// Finder of the tokens that are looked for before (`normalized` false) or after normalization.
AddedTokenFinder make_finder(const std::vector<AddedToken>& tokens, bool normalized,
                             const Normalizer& normalizer);

}  // namespace selfreward
