#pragma once
// The forward pass of one block and key/value head, with a running softmax (FlashAttention, Dao et al. 2022,
// section 3.1). A row is a (query token, query head of the group) pair. Ranges that many rows see are done
// with a row in each lane, so that the softmax needs no sum across lanes; ranges that a few rows see, the own
// keys of decoded sequences, with a key in each lane.
#include "model/kernels/attention/few_rows.inl"

namespace selfreward {
namespace {

/// Up to how many rows a visit is done with keys in lanes.
template <typename Element>
constexpr int64_t kFewRows = 8;
#ifdef __AMX_BF16__
template <>
constexpr int64_t kFewRows<Bf16> = 4;
#endif

template <typename Element>
void add_to_lanes(ForwardScratch<Element>& s, const Segment<Element>& segment, const Limits& limits) {
  const AttentionShape& shape = segment.tile.shape;
  const int64_t dim = shape.padded_head_dim();
  Lanes maximum = lanes(s.maximum);
  for (int64_t p = 0; p < segment.count; ++p) {
    prefetch(segment.keys()[p + 1], shape.page_size());
    prefetch(segment.values()[p + 1], shape.page_size());
    float* scores = s.scores + p * kPageSlots * kLanes;
    multiply_over_dim(scores, segment.keys()[p], s.q, dim);
    if (shape.cap > 0) cap_scores(scores, kPageSlots * kLanes, shape.cap);
    const int64_t slot = (segment.first + p) * kPageSlots;
    if (slot < limits.all.begin || slot + kPageSlots > limits.all.end)
      for (int64_t k = 0; k < kPageSlots; ++k)
        lanes(scores + k * kLanes) = seen(limits, slot + k) ? lanes(scores + k * kLanes) : Lanes{} + kMasked;
    for (int64_t k = 0; k < kPageSlots; ++k) maximum = larger(maximum, lanes(scores + k * kLanes));
  }
  const float factor = shape.scale * kLog2E;
  const Lanes rescale = exp2_lanes((lanes(s.maximum) - maximum) * factor);
  Lanes total = lanes(s.total) * rescale;
  const auto weight = [&](int64_t key) {
    const Lanes score = lanes(s.scores + key * kLanes);
    const Lanes p = score > 0.5f * kMasked ? exp2_lanes((score - maximum) * factor) : Lanes{};
    total += p;
    return p;
  };
  for (int64_t k = 0; k < segment.count * kPageSlots; k += 2) {
    const Lanes even = weight(k), odd = weight(k + 1);
    store_pair(s.weights + k * kLanes, even, odd);
  }
  lanes(s.maximum) = maximum;
  lanes(s.total) = total;
  rescale_rows(s, dim, {0, kLanes}, reinterpret_cast<const float*>(&rescale));
  multiply(Product<Element>{s.out, dim, kLanes, dim, s.weights, 0, true, segment.values(), dim, segment.count,
                            kPageSlots, true});
}

template <typename Element>
void add_visit(ForwardScratch<Element>& s, const AttentionForward& t, const RowTile& tile,
               const KeyVisit& visit, LaneRange range, const KeyVisit* next) {
  const bool few = range.count() <= kFewRows<Element>;
  const Limits limits = few ? Limits{} : limits_of(tile, visit);
  const Slots slots = few ? seen_by_some(tile, visit, range) : limits.some;
  const int64_t end = (slots.end + kPageSlots - 1) / kPageSlots;
  for (int64_t page = slots.begin / kPageSlots; page < end; page += kSegmentPages) {
    const int64_t after = page + kSegmentPages < end ? page + kSegmentPages
                          : next                     ? next->keys.begin / kPageSlots
                                                     : page;
    const Segment<Element> segment(t, tile, visit, page, end,
                                   page_of<Element>(t.keys, tile.shape, after, tile.kv_head));
    if (few) {
      add_to_rows(s, segment, range);
    } else {
      add_to_lanes(s, segment, limits);
    }
  }
}

template <typename Element>
void add_visits(ForwardScratch<Element>& s, const AttentionForward& t, const RowTile& tile) {
  const KeyVisit* visit = nullptr;  // the one before `next`
  const auto add = [&](const KeyVisit* next) {
    if (visit) add_visit(s, t, tile, *visit, lanes_of(tile, *visit), next);
    visit = next;
  };
  for (const KeyVisit& next : tile.block.visits)
    if (lanes_of(tile, next).count() > 0) add(&next);
  add(nullptr);
}

template <typename In, typename Element>
void forward_block(const AttentionForward& t, const AttentionShape& shape, const QueryBlock& block,
                   int64_t kv_head, void* scratch) {
  [[maybe_unused]] const TileScope tiles;
  ForwardScratch<Element> s(scratch, shape);
  const int64_t dim = shape.padded_head_dim();
  for (RowTile tile{shape, block, kv_head, 0}; tile.rows() > 0; tile.first += kLanes) {
    load_rows<In>(s.rows, t.q, tile);
    turn_upright(s.q, s.rows, dim);
    for (int64_t i = 0; i < dim * kLanes; ++i) s.out[i] = 0;
    lanes(s.maximum) = Lanes{} + kMasked;
    lanes(s.total) = Lanes{};
    add_visits(s, t, tile);
    for (int64_t lane = 0; lane < tile.rows(); ++lane) {
      store_row_of<In>(t.out, tile.index(lane), shape.head_dim, s.out + lane * dim, 1.0f / s.total[lane]);
      if (t.lse) t.lse[tile.index(lane)] = s.maximum[lane] * shape.scale + __builtin_logf(s.total[lane]);
    }
  }
}

}  // namespace
}  // namespace selfreward
