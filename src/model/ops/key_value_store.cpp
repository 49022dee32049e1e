#include <ATen/record_function.h>

#include "model/ops/attention_pages.h"
#include "model/ops/tree_attention.h"

namespace selfreward {

using torch::Tensor;

KeyValueStore::KeyValueStore(int64_t slots, int64_t num_kv_heads, int64_t head_dim,
                             const torch::TensorOptions& options) {
  const auto make = [&]() -> Tensor {
    if (!options.device().is_cpu()) return at::empty({slots, num_kv_heads, head_dim}, options);
    return empty_pages(slots, {num_kv_heads, num_kv_heads, head_dim, 1},
                       element_type(c10::typeMetaToScalarType(options.dtype())));
  };
  keys_ = make();
  values_ = make();
}

void KeyValueStore::write(const Tensor& slots, const Tensor& k, const Tensor& v) {
  RECORD_FUNCTION("KeyValueStore::write", {});
  if (k.device().is_cpu()) {
    const AttentionKernels& kernels = kernels_for(k.scalar_type());
    write_pages(keys_, slots, k, kernels.write_row);
    write_pages(values_, slots, v, kernels.write_paired);
    return;
  }
  keys_.index_copy_(0, slots, k);
  values_.index_copy_(0, slots, v);
}

}  // namespace selfreward
