#pragma once
// Steps of the running softmax of the forward pass: which pages they read, and what is kept between them.
#include "model/kernels/attention/rows.inl"

namespace selfreward {
namespace {

template <typename Element>
struct ForwardScratch {
  Element *rows, *q;    // [kLanes, dim], and the same upright
  Element* weights;     // upright [segment's keys, kLanes], or [few rows, segment's keys]
  float *scores, *out;  // as weights; [kLanes, dim]
  alignas(64) float maximum[kLanes], total[kLanes];
  int64_t bytes;

  ForwardScratch(void* base, const AttentionShape& shape) {
    Arena arena(base);
    const int64_t dim = shape.padded_head_dim();
    rows = arena.take<Element>(dim * kLanes);
    q = arena.take<Element>(dim * kLanes);
    weights = arena.take<Element>(kSegmentKeys * kLanes);
    scores = arena.take<float>(kSegmentKeys * kLanes);
    out = arena.take<float>(dim * kLanes);
    bytes = arena.bytes();
  }
};

/// Decoded keys of many sequences do not fit the caches: while one page is worked on, the one that is read
/// next starts on its way from memory, line by line, as the processor can wait for few lines at once.
template <typename Element>
inline void prefetch(const Element* page, int64_t elements) {
  for (int64_t i = 0; i < elements; i += 64 / static_cast<int64_t>(sizeof(Element)))
    __builtin_prefetch(page + i);
}

/// Pages [first, first + count) of a visit: one step of the running softmax.
template <typename Element>
struct Segment {
  const RowTile& tile;
  const KeyVisit& visit;
  int64_t first, count;
  const Element* pages[2 * kSegmentPages + 1];  // in the order they are read: keys, values, what comes after

  Segment(const AttentionForward& t, const RowTile& rows, const KeyVisit& of, int64_t from, int64_t end,
          const Element* after)
      : tile(rows), visit(of), first(from), count(smaller(kSegmentPages, end - from)) {
    for (int64_t p = 0; p < count; ++p) {
      pages[p] = page_of<Element>(t.keys, tile.shape, first + p, tile.kv_head);
      pages[count + p] = page_of<Element>(t.values, tile.shape, first + p, tile.kv_head);
    }
    pages[2 * count] = after;
  }
  const Element* const* keys() const { return pages; }
  const Element* const* values() const { return pages + count; }
};

/// out[row] *= rescale[row], before a segment is added
template <typename Element>
inline void rescale_rows(ForwardScratch<Element>& s, int64_t dim, LaneRange range, const float* rescale) {
  for (int64_t row = range.begin; row < range.end; ++row)
    for (int64_t d = 0; d < dim; d += kLanes) lanes(s.out + row * dim + d) *= rescale[row];
}

}  // namespace
}  // namespace selfreward
