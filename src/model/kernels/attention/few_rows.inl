#pragma once
// A step of the running softmax for the few rows of a decoded token: a key in each lane.
#include "model/kernels/attention/segment.inl"

namespace selfreward {
namespace {

/// scores [kLanes] of a row of queries with the rows of a page
template <typename Element>
inline Lanes dots(const Element* q, const Element* keys, int64_t dim) {
  Lanes sum[kLanes];
  for_each_number<kLanes>([&](auto k) { sum[k.value] = Lanes{}; });
  for (int64_t d = 0; d < dim; d += kLanes * kPerWord<Element>)
    for_each_number<kLanes>(
        [&](auto k) { sum[k.value] = dot_add(sum[k.value], q + d, keys + k.value * dim + d); });
  return sums(sum);
}

/// Caps the scores of a row, which are in row `at` of the scratch space, and masks what it does not see. ->
/// its largest score
template <typename Element>
float mask_row(ForwardScratch<Element>& s, const Segment<Element>& segment, int64_t row, int64_t at) {
  float* scores = s.scores + at * kSegmentKeys;
  const int64_t slot = segment.first * kPageSlots;
  const Slots slots = seen_slots(segment.tile, segment.visit, segment.tile.query(row));
  const int64_t begin = slots.begin - slot, end = slots.end - slot;
  if (segment.tile.shape.cap > 0) cap_scores(scores, segment.count * kPageSlots, segment.tile.shape.cap);
  Lanes maximum = Lanes{} + s.maximum[row];
  for (int64_t k = 0; k < segment.count * kPageSlots; k += kLanes) {
    const Ints key = lane_numbers() + static_cast<int32_t>(k);
    const Ints is_seen = (key >= static_cast<int32_t>(begin)) & (key < static_cast<int32_t>(end));
    lanes(scores + k) = is_seen ? lanes(scores + k) : Lanes{} + kMasked;
    maximum = larger(maximum, lanes(scores + k));
  }
  return largest(maximum)[0];
}

/// Scores become weights. -> their sum
template <typename Element>
float weigh_row(ForwardScratch<Element>& s, int64_t at, int64_t keys, float maximum, float factor) {
  Lanes total{};
  for (int64_t k = at * kSegmentKeys; k < at * kSegmentKeys + keys; k += kLanes) {
    const Lanes score = lanes(s.scores + k);
    const Lanes p = score > 0.5f * kMasked ? exp2_lanes((score - maximum) * factor) : Lanes{};
    store_row(s.weights + k, p);
    total += p;
  }
  float sum = 0;
  for (int64_t i = 0; i < kLanes; ++i) sum += total[i];
  return sum;
}

/// The running softmax of rows whose scores are there.
template <typename Element>
void weigh_rows(ForwardScratch<Element>& s, const Segment<Element>& segment, LaneRange range) {
  const AttentionShape& shape = segment.tile.shape;
  const float factor = shape.scale * kLog2E;
  const Lanes before = lanes(s.maximum);
  for (int64_t row = range.begin; row < range.end; ++row)
    s.maximum[row] = mask_row(s, segment, row, row - range.begin);
  alignas(64) float rescale[kLanes];
  lanes(rescale) = exp2_lanes((before - lanes(s.maximum)) * factor);
  lanes(s.total) *= lanes(rescale);
  for (int64_t row = range.begin; row < range.end; ++row)
    s.total[row] += weigh_row(s, row - range.begin, segment.count * kPageSlots, s.maximum[row], factor);
  rescale_rows(s, shape.padded_head_dim(), range, rescale);
}

template <typename Element>
void add_to_rows(ForwardScratch<Element>& s, const Segment<Element>& segment, LaneRange range) {
  const int64_t dim = segment.tile.shape.padded_head_dim(), rows = range.count();
  const int64_t end = seen_slots(segment.tile, segment.visit, segment.tile.query(range.end - 1)).end -
                      segment.first * kPageSlots;
  // Of a page that is not full only the slots in use are read; what the work on them did not fetch of a
  // fuller page after it is fetched at once.
  const auto used = [&](int64_t i) {
    const int64_t page = i < segment.count ? i : i - segment.count;
    return i == 2 * segment.count ? kPageSlots : smaller(kPageSlots, end - page * kPageSlots);
  };
  const auto fetch_rest = [&](int64_t i) {
    prefetch(segment.pages[i + 1] + used(i) * dim, (used(i + 1) - used(i)) * dim);
  };
  const int64_t part = kLanes * dim / rows;  // of the next page, fetched before each row
  for (int64_t p = 0; p < segment.count; ++p) {
    for (int64_t k = 0; k < used(p); k += kLanes)
      for (int64_t row = 0; row < rows; ++row) {
        prefetch(segment.pages[p + 1] + k * dim + row * part, part);
        lanes(s.scores + row * kSegmentKeys + p * kPageSlots + k) =
            dots(s.rows + (range.begin + row) * dim, segment.keys()[p] + k * dim, dim);
      }
    fetch_rest(p);
  }
  weigh_rows(s, segment, range);
  for (int64_t p = 0; p < segment.count; ++p) {
    const int64_t depth = (used(p) + 1) / 2 * 2;
    multiply_vectors<true>(Product<Element>{s.out + range.begin * dim, dim, rows, dim,
                                            s.weights + p * kPageSlots, kSegmentKeys, false,
                                            segment.values() + p, dim, 1, depth, true});
    fetch_rest(segment.count + p);
  }
}

}  // namespace
}  // namespace selfreward
