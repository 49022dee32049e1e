#pragma once
// Which queries lie in the lanes of a tile, what they see, and their operands.
#include "model/kernels/attention/product.inl"

namespace selfreward {
namespace {

constexpr int64_t kSegmentPages = 8;  // keys of one step of the running softmax
constexpr int64_t kSegmentKeys = kSegmentPages * kPageSlots;
constexpr float kMasked = -1e30f;
constexpr float kLog2E = 1.44269504f;

/// Gives out 64-byte aligned pieces of the scratch space.
class Arena {
 public:
  explicit Arena(void* base) : next_((reinterpret_cast<uintptr_t>(base) + 63) / 64 * 64), begin_(next_) {}
  template <typename T>
  T* take(int64_t count) {
    T* piece = reinterpret_cast<T*>(next_);
    next_ += static_cast<uintptr_t>((count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64);
    return piece;
  }
  int64_t bytes() const { return static_cast<int64_t>(next_ - begin_) + 64; }

 private:
  uintptr_t next_, begin_;
};

/// Which rows of a block lie in the lanes of one tile.
struct RowTile {
  const AttentionShape& shape;
  const QueryBlock& block;
  int64_t kv_head, first;  // first row within the block

  int64_t group() const { return shape.num_heads / shape.num_kv_heads; }
  int64_t rows() const { return smaller(kLanes, block.count * group() - first); }  // may be <= 0
  int64_t query(int64_t lane) const { return block.query_begin + (first + lane) / group(); }
  int64_t head(int64_t lane) const { return kv_head * group() + (first + lane) % group(); }
  /// Index of a row in a tensor [tokens, num_heads].
  int64_t index(int64_t lane) const { return query(lane) * shape.num_heads + head(lane); }
};

/// The lanes of a visit's queries: [begin, end), empty where the tile has none of them.
struct LaneRange {
  int64_t begin, end;
  int64_t count() const { return end - begin; }
};
inline LaneRange lanes_of(const RowTile& tile, const KeyVisit& visit) {
  const int64_t begin = (visit.query_begin - tile.block.query_begin) * tile.group() - tile.first;
  return {begin < 0 ? 0 : begin, smaller(begin + visit.count * tile.group(), tile.rows())};
}

/// Slots [begin, end); none where end <= begin.
struct Slots {
  int64_t begin, end;
};

/// What a query sees of a visit.
inline Slots seen_slots(const RowTile& tile, const KeyVisit& visit, int64_t query) {
  Slots slots{visit.keys.begin, visit.keys.begin + visit.keys.count};
  if (visit.causal) slots.end -= visit.count - 1 - (query - visit.query_begin);
  if (tile.shape.window > 0) {
    const int64_t position = tile.block.positions.data()[query - tile.block.query_begin];
    slots.begin += larger(0, position - tile.shape.window + 1 - visit.position);
  }
  return slots;
}

/// What the queries of a few lanes see, one or the other.
inline Slots seen_by_some(const RowTile& tile, const KeyVisit& visit, LaneRange range) {
  Slots slots = seen_slots(tile, visit, tile.query(range.end - 1));  // the last sees the latest
  if (tile.shape.window > 0)
    for (int64_t lane = range.begin; lane < range.end; ++lane)
      slots.begin = smaller(slots.begin, seen_slots(tile, visit, tile.query(lane)).begin);
  return slots;
}

/// seen_slots of each lane, none where the lane is not part of the visit.
struct Limits {
  Ints begin, end;
  Slots some, all;  // what at least one lane sees lies in `some`; what lies in `all`, every lane sees
};
inline Limits limits_of(const RowTile& tile, const KeyVisit& visit) {
  const LaneRange range = lanes_of(tile, visit);
  const int64_t begin = visit.keys.begin, end = begin + visit.keys.count;
  Limits limits{Ints{}, Ints{}, {end, 0}, {begin, range.count() < kLanes ? 0 : end}};
  for (int64_t lane = range.begin; lane < range.end; ++lane) {
    const Slots slots = seen_slots(tile, visit, tile.query(lane));
    limits.begin[lane] = static_cast<int32_t>(slots.begin);
    limits.end[lane] = static_cast<int32_t>(slots.end);
    limits.some = {smaller(limits.some.begin, slots.begin), larger(limits.some.end, slots.end)};
    limits.all = {larger(limits.all.begin, slots.begin), smaller(limits.all.end, slots.end)};
  }
  return limits;
}

/// All ones where key `slot` is seen.
inline Ints seen(const Limits& limits, int64_t slot) {
  const Ints key = Ints{} + static_cast<int32_t>(slot);
  return (key >= limits.begin) & (key < limits.end);
}

/// Scores [count] become cap * tanh(score / cap); count a multiple of kLanes.
inline void cap_scores(float* scores, int64_t count, float cap) {
  const float inverse = 1.0f / cap;
  for (int64_t i = 0; i < count; i += kLanes)
    lanes(scores + i) = cap * tanh_lanes(lanes(scores + i) * inverse);
}

template <typename Element>
inline const Element* page_of(const void* pages, const AttentionShape& shape, int64_t page, int64_t kv_head) {
  return static_cast<const Element*>(pages) + (page * shape.num_kv_heads + kv_head) * shape.page_size();
}

/// [kLanes, padded head_dim]: the rows of a tile out of a tensor [tokens, num_heads, head_dim].
template <typename In, typename Element>
void load_rows(Element* to, const void* tensor, const RowTile& tile) {
  const int64_t dim = tile.shape.head_dim, padded = tile.shape.padded_head_dim(), rows = tile.rows();
  for (int64_t lane = 0; lane < kLanes; ++lane, to += padded) {
    if (lane < rows) {
      const In* row = static_cast<const In*>(tensor) + tile.index(lane) * dim;
      if constexpr (sizeof(In) == sizeof(Element)) {
        __builtin_memcpy(to, row, static_cast<uint64_t>(dim) * sizeof(In));
      } else {
        for (int64_t d = 0; d < dim; ++d) convert(to_float(row[d]), to + d);
      }
    }
    for (int64_t d = lane < rows ? dim : 0; d < padded; ++d) to[d] = 0;
  }
}

/// Rows [kLanes, dim] turned into a right operand [dim / word, kLanes, word].
template <typename Element>
void turn_upright(Element* to, const Element* rows, int64_t dim) {
  constexpr int64_t kWord = kPerWord<Element>;
  for (int64_t d = 0; d < dim; d += kLanes * kWord) {
    Words square[kLanes];
    for_each_number<kLanes>([&](auto i) { square[i.value] = words(rows + i.value * dim + d); });
    transpose(square);
    for_each_number<kLanes>([&](auto i) { words(to + (d + i.value * kWord) * kLanes) = square[i.value]; });
  }
}

/// Rows [count, dim] as a right operand [count / word, dim, word]: a copy only where words are pairs.
inline const float* paired(float*, const float* rows, int64_t, int64_t) {
  return rows;
}
inline const Bf16* paired(Bf16* to, const Bf16* rows, int64_t count, int64_t dim) {
  for (int64_t i = 0; i < count; i += 2)
    for (int64_t d = 0; d < dim; d += kLanes) {
      const auto widened = [&](const Bf16* from) {
        return __builtin_convertvector(*reinterpret_cast<const Halves*>(from), Words);
      };
      words(to + i * dim + 2 * d) = widened(rows + i * dim + d) | widened(rows + (i + 1) * dim + d) << 16;
    }
  return to;
}

/// Rows of floats times `factor`, [row, head_dim] of a tensor in the compute dtype.
template <typename In>
inline void store_row_of(void* tensor, int64_t index, int64_t dim, const float* row, float factor) {
  In* out = static_cast<In*>(tensor) + index * dim;
  for (int64_t d = 0; d < dim; ++d) convert(row[d] * factor, out + d);
}

}  // namespace
}  // namespace selfreward
