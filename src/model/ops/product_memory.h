#pragma once
// What a matrix product of training holds for a moment beside its factors and its result: copies of other
// types, the library's buffers. It depends on processor, instruction set and LibTorch's version, so it is
// counted in small products that are run, not written down.
#include <cstdint>
#include <string>

namespace selfreward {

/// Bytes at the peak of split_product of [rows, inner] and [inner, columns], of "float32" or "bfloat16", on
/// the CPU. Sizes up to 1024 are run as they are; a larger one is taken to need more in proportion.
int64_t product_scratch(int64_t rows, int64_t inner, int64_t columns, const std::string& dtype);

/// The most of a linear map's three products, of [rows, inner] with a weight [inner, columns]: its own, the
/// gradient of its input, the gradient of its weight.
int64_t linear_scratch(int64_t rows, int64_t inner, int64_t columns, const std::string& dtype);

}  // namespace selfreward
