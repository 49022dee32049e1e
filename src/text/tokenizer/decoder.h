#pragma once
// The "decoder" of tokenizer.json: tokens back to text.
//   ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, and Sequence of them.
#include <functional>
#include <string>
#include <vector>

#include "text/tokenizer/json.h"

namespace selfreward {

class Decoder {
 public:
  using Tokens = std::vector<std::string>;

  /// Joins the tokens with a space, as the `tokenizers` package does for a file without a decoder.
  Decoder() = default;
  explicit Decoder(const JsonPart& json);

  /// Valid UTF-8: bytes that are not become U+FFFD.
  std::string decode(Tokens tokens) const;

 private:
  std::vector<std::function<Tokens(Tokens)>> steps_;
};

}  // namespace selfreward
