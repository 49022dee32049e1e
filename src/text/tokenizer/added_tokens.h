#pragma once
// The "added_tokens" of tokenizer.json: tokens such as <|im_end|> that are found in a text as they are,
// before anything else looks at it.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer/json.h"
#include "text/tokenizer/normalizer.h"
#include "text/unicode/byte_range.h"

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
  /// The pieces of valid UTF-8 from begin to end; views into `text`. A special token that reaches into one of
  /// the ranges `plain` is no token; one that lies in it altogether hides others inside of it.
  std::vector<Piece> split(std::string_view text, const ByteRanges& plain = {}) const;
  /// Whether it looks for special tokens at all.
  bool has_special() const { return has_special_; }

 private:
  struct Match {
    size_t begin = 0, end = 0;
    const AddedToken* token = nullptr;  // null: nothing here, or a special token that is plain text
  };
  void add(const std::string& pattern, size_t token);
  /// The longest allowed match at `at`; its end is after `at` also where it is none.
  Match longest_at(std::string_view text, size_t at, const ByteRanges& plain) const;

  std::vector<AddedToken> tokens_;
  // The patterns as a tree of their bytes: node 0 is the root, a child is found by its node and byte.
  std::unordered_map<uint32_t, uint32_t> children_;
  std::vector<int32_t> ends_;             // [node], the token whose pattern ends there, or -1
  std::array<uint32_t, 256> roots_ = {};  // [byte], the child of the root, or 0
  bool has_special_ = false;
};

/// Finder of the tokens that are looked for before (`normalized` false) or after normalization.
AddedTokenFinder make_finder(const std::vector<AddedToken>& tokens, bool normalized,
                             const Normalizer& normalizer);

}  // namespace selfreward
