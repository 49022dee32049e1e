#pragma once
// The "pre_tokenizer" of tokenizer.json: cuts a text into the words inside which BPE merges.
//   ByteLevel, Digits, Metaspace, Punctuation, Split, Whitespace, WhitespaceSplit, and Sequence of them.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/split_behavior.h"

namespace selfreward {

/// A text and the words in it: spans of valid UTF-8 from left to right, none of them empty.
struct CutText {
  std::string text;
  Spans words;
  bool begins_input = true;  // nothing of the input (an added token, a removed space) lies before `text`

  std::string_view operator[](size_t i) const {
    return std::string_view(text).substr(words[i].begin, words[i].end - words[i].begin);
  }
};

/// Which words a Metaspace gives its mark in front: all, none, or the one that the input begins with.
enum class PrependScheme { always, never, first };
/// Its "prepend_scheme", or "add_prefix_space" of older files.
PrependScheme read_prepend_scheme(const JsonPart& metaspace);

class PreTokenizer {
 public:
  using Step = std::function<void(CutText&)>;

  /// Cuts nothing.
  PreTokenizer() = default;
  explicit PreTokenizer(const JsonPart& json);

  /// Cuts valid UTF-8. `begins_input` says whether it stands at the begin of what the user encodes.
  CutText cut(std::string_view text, bool begins_input = true) const;
  /// Whether a ByteLevel comes last: then words are plain bytes, and to_byte_level() is how the vocabulary
  /// spells them.
  bool is_byte_level() const { return is_byte_level_; }
  /// Whether it matters to `cut` where the input begins (Metaspace with prepend_scheme "first").
  bool looks_at_begin() const { return looks_at_begin_; }

 private:
  std::vector<Step> steps_;
  bool is_byte_level_ = false, looks_at_begin_ = false;
};

}  // namespace selfreward
