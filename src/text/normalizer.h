#pragma once
// The "normalizer" of tokenizer.json: Prepend, Replace, and Sequence of them.
#include <functional>
#include <string>
#include <vector>

#include "text/tokenizer_json.h"

namespace selfreward {

class Normalizer {
 public:
  Normalizer() = default;
  explicit Normalizer(const JsonPart& json);

  std::string normalize(std::string text) const;

 private:
  std::vector<std::function<std::string(std::string)>> steps_;
};

}  // namespace selfreward
