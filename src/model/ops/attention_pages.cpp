#include "model/ops/attention_pages.h"

#include <ATen/Parallel.h>

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kTokensAhead = 8;

/// Asks for the memory of a slot and of its neighbour, which may share its lines, in all heads of a page:
/// every sequence writes to pages of its own, which no cache holds.
void fetch_slot(char* page_of_heads, int64_t heads, int64_t page_bytes, int64_t slot) {
  const int64_t pair_bytes = page_bytes / kPageSlots * 2;
  char* pair = page_of_heads + slot % kPageSlots / 2 * pair_bytes;
  for (int64_t head = 0; head < heads; ++head, pair += page_bytes)
    for (int64_t line = 0; line < pair_bytes; line += 64) __builtin_prefetch(pair + line, /*write=*/1);
}

}  // namespace

const AttentionKernels& kernels_for(at::ScalarType compute) {
  return compute == at::kFloat ? attention_kernels().float32 : attention_kernels().bfloat16;
}

at::ScalarType element_type(at::ScalarType compute) {
  return kernels_for(compute).element_size == 2 ? at::kBFloat16 : at::kFloat;
}

Tensor empty_pages(int64_t slots, const AttentionShape& shape, at::ScalarType element) {
  return at::empty({whole_pages(slots) / kPageSlots, shape.num_kv_heads, shape.page_size()}, element);
}

void write_pages(const Tensor& pages, const Tensor& slots, const Tensor& x, WriteRow write) {
  const int64_t heads = x.size(1), head_dim = x.size(2);
  const int64_t row_bytes = head_dim * x.element_size(), token_bytes = x.stride(0) * x.element_size();
  const int64_t page_bytes = pages.size(2) * pages.element_size();
  const char* from = static_cast<const char*>(x.data_ptr());
  char* to = static_cast<char*>(pages.data_ptr());
  const int64_t* slot_of = slots.data_ptr<int64_t>();
  at::parallel_for(0, heads, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t token = 0; token < slots.size(0); ++token) {
      const int64_t slot = slot_of[token], page = slot / kPageSlots;
      if (token + kTokensAhead < slots.size(0)) {
        const int64_t next = slot_of[token + kTokensAhead];
        fetch_slot(to + (next / kPageSlots * heads + begin) * page_bytes, end - begin, page_bytes, next);
      }
      for (int64_t head = begin; head < end; ++head)
        write(from + token * token_bytes + head * row_bytes, to + (page * heads + head) * page_bytes, slot,
              head_dim);
    }
  });
}

Tensor rows_of(const Tensor& pages, const Tensor& slots, int64_t head_dim, at::ScalarType type) {
  const Tensor by_slot =
      pages.view({pages.size(0), pages.size(1), kPageSlots, -1}).transpose(1, 2).flatten(0, 1);
  return by_slot.narrow(2, 0, head_dim).index_select(0, slots).to(type);
}

}  // namespace selfreward
