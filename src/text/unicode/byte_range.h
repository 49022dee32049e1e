#pragma once
// Stretches of a text by its bytes.
#include <cstddef>
#include <vector>

namespace selfreward {

/// The bytes from `begin` up to `end`.
struct ByteRange {
  size_t begin = 0, end = 0;
  bool operator==(const ByteRange&) const = default;
};
/// In order, none empty, no two that touch.
using ByteRanges = std::vector<ByteRange>;

}  // namespace selfreward
