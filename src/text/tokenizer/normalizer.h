#pragma once
// The "normalizer" of tokenizer.json: NFC, NFD, NFKC, NFKD, Prepend, Replace, Strip, and Sequence of them.
#include <functional>
#include <string>
#include <vector>

#include "text/tokenizer/json.h"

namespace selfreward {

class Normalizer {
 public:
  Normalizer() = default;
  explicit Normalizer(const JsonPart& json);

  /// Takes and gives valid UTF-8.
  std::string normalize(std::string text) const;
  /// Whether the first character always stays the first: no step takes anything from the begin of a text.
  bool keeps_begin() const { return keeps_begin_; }

 private:
  std::vector<std::function<std::string(std::string)>> steps_;
  bool keeps_begin_ = true;
};

}  // namespace selfreward
