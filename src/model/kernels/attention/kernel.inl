// The kernels of kernel.h for the instruction set that this is compiled for.
#include "model/kernels/attention/backward.inl"
#include "model/kernels/attention/forward.inl"

namespace selfreward {
namespace {

template <typename Element>
void clear_new_page(Element* page, int64_t slot, int64_t head_dim) {
  if (slot % kPageSlots != 0) return;
  const int64_t size = AttentionShape{1, 1, head_dim, 1}.page_size();
  for (int64_t i = 0; i < size; ++i) page[i] = 0;
}

template <typename In, typename Element>
void write_row(const void* row, void* page, int64_t slot, int64_t head_dim) {
  Element* to = static_cast<Element*>(page);
  clear_new_page(to, slot, head_dim);
  to += slot % kPageSlots * AttentionShape{1, 1, head_dim, 1}.padded_head_dim();
  for (int64_t d = 0; d < head_dim; ++d) convert(to_float(static_cast<const In*>(row)[d]), to + d);
}

/// The first of a pair clears the other's place.
template <typename In, typename Element>
void write_paired(const void* row, void* page, int64_t slot, int64_t head_dim) {
  if constexpr (kPerWord<Element> == 1) return write_row<In, Element>(row, page, slot, head_dim);
  Element* to = static_cast<Element*>(page);
  clear_new_page(to, slot, head_dim);
  to += slot % kPageSlots / 2 * 2 * AttentionShape{1, 1, head_dim, 1}.padded_head_dim();
  const In* from = static_cast<const In*>(row);
  if (slot % 2 == 0) {
    for (int64_t d = 0; d < head_dim; ++d) to[2 * d] = static_cast<Element>(from[d]), to[2 * d + 1] = 0;
  } else {
    for (int64_t d = 0; d < head_dim; ++d) to[2 * d + 1] = static_cast<Element>(from[d]);
  }
}

template <typename Element>
int64_t scratch_bytes(const AttentionShape& shape) {
  const int64_t forward = ForwardScratch<Element>(nullptr, shape).bytes;
  const int64_t backward = BackwardScratch<Element>(nullptr, shape).bytes;
  return forward > backward ? forward : backward;
}

template <typename In, typename Element>
constexpr AttentionKernels kernels_of() {
  return {sizeof(Element),
          scratch_bytes<Element>,
          forward_block<In, Element>,
          backward_block<In, Element>,
          write_row<In, Element>,
          write_paired<In, Element>};
}

constexpr AttentionKernelSet kernel_set(const char* name) {
  return {name, kernels_of<float, float>(), kernels_of<Bf16, Narrow>()};
}

}  // namespace
}  // namespace selfreward
