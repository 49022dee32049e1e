#pragma once
// Keys and values as the CPU kernels of model/kernels/attention/ read them: pages of slots, written row by
// row.
#include <torch/types.h>

#include "model/kernels/attention/kernel.h"

namespace selfreward {

const AttentionKernels& kernels_for(at::ScalarType compute);
/// Of the numbers in the pages: bfloat16 where the kernels multiply it, else float32.
at::ScalarType element_type(at::ScalarType compute);

/// Pages of one head dimension for at least `slots` slots; what was never written is undefined.
torch::Tensor empty_pages(int64_t slots, const AttentionShape& shape, at::ScalarType element);

/// How a row goes into its page: AttentionKernels::write_row for keys, write_paired for values.
using WriteRow = void (*)(const void* row, void* page, int64_t slot, int64_t head_dim);
/// Writes x [tokens, num_kv_heads, head_dim] into pages at `slots`; a thread writes all of a head.
void write_pages(const torch::Tensor& pages, const torch::Tensor& slots, const torch::Tensor& x,
                 WriteRow write);
/// Rows out of pages of float rows: -> [keys, num_kv_heads, head_dim] in `type`.
torch::Tensor rows_of(const torch::Tensor& pages, const torch::Tensor& slots, int64_t head_dim,
                      at::ScalarType type);

}  // namespace selfreward
