#pragma once
// The "pre_tokenizer" of tokenizer.json: cuts a text into the words inside which BPE merges.
//   ByteLevel, Digits, Split, and Sequence of them.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer_json.h"

namespace selfreward {

class PreTokenizer {
 public:
  using Pieces = std::vector<std::string>;

  /// Cuts nothing.
  PreTokenizer() = default;
  explicit PreTokenizer(const JsonPart& json);

  /// The words of valid UTF-8, none of them empty; after ByteLevel in its spelling ("Ġhello").
  Pieces split(std::string_view text) const;

 private:
  std::vector<std::function<void(const std::string& piece, Pieces& out)>> steps_;
};

}  // namespace selfreward
