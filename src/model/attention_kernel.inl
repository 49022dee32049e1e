// Attention of one block of queries and one key/value head with a running softmax (FlashAttention, Dao et al.
// 2022, section 3.1 and appendix B.2), transposed: a row is a (query token, query head of the group) pair and
// lies in one of 16 lanes, so that the softmax needs no sum across lanes. Everything large is a product of
// A [m, depth], row-major as the pages hold it, with B [depth, 16 lanes], packed for the processor.
// No standard templates here, so that no code for one instruction set is shared with another.
#include "model/attention_kernel.h"

#if defined(__AMX_BF16__) || defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace selfreward {
namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kSegmentPages = 8;  // keys of one step of the running softmax
constexpr float kMasked = -1e30f;
constexpr float kLog2E = 1.44269504f;
using Bf16 = uint16_t;

typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t Ints __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t Words __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t Halves __attribute__((vector_size(32), aligned(2), may_alias));

inline Lanes& lanes(float* at) {
  return *reinterpret_cast<Lanes*>(at);
}
inline const Lanes& lanes(const float* at) {
  return *reinterpret_cast<const Lanes*>(at);
}
inline Lanes larger(Lanes a, Lanes b) {
  return a > b ? a : b;
}
inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/// 2^x for x <= 0, relative error below 3e-7: 2^round(x) times a Taylor polynomial of 2^fraction.
inline Lanes exp2_lanes(Lanes x) {
  x = larger(x, Lanes{} - 126.0f);
  const Ints whole = __builtin_convertvector(x - 0.5f, Ints);
  const Lanes f = x - __builtin_convertvector(whole, Lanes);
  Lanes y = 1.5403530e-4f * f + 1.3333558e-3f;
  y = y * f + 9.6181291e-3f;
  y = y * f + 5.5504109e-2f;
  y = y * f + 2.4022651e-1f;
  y = y * f + 6.9314718e-1f;
  y = y * f + 1.0f;
  return reinterpret_cast<Lanes>(reinterpret_cast<Ints>(y) + (whole << 23));
}

inline float to_float(float x) {
  return x;
}
inline float to_float(Bf16 x) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(x) << 16);
}
inline void convert(float x, float* out) {
  *out = x;
}
inline void convert(float x, Bf16* out) {  // round to nearest, ties to even
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  *out = static_cast<Bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
inline Words rounded(Lanes x) {
  const Words bits = reinterpret_cast<Words>(x);
  return bits + 0x7fff + ((bits >> 16) & 1);
}

/// 16 values as a piece of a row of A.
inline void store_row(float* to, Lanes x) {
  lanes(to) = x;
}
inline void store_row(Bf16* to, Lanes x) {
  *reinterpret_cast<Halves*>(to) = __builtin_convertvector(rounded(x) >> 16, Halves);
}
/// Two rows of B, [2, 16] for float and [16, 2] for bfloat16.
inline void store_pair(float* to, Lanes even, Lanes odd) {
  lanes(to) = even;
  lanes(to + kLanes) = odd;
}
inline void store_pair(Bf16* to, Lanes even, Lanes odd) {
  *reinterpret_cast<Words*>(to) = (rounded(even) >> 16) | (rounded(odd) & 0xffff0000u);
}
/// Where element (depth, lane) of B lies.
inline int64_t packed_at(const float*, int64_t depth, int64_t lane) {
  return depth * kLanes + lane;
}
inline int64_t packed_at(const Bf16*, int64_t depth, int64_t lane) {
  return (depth / 2 * kLanes + lane) * 2 + depth % 2;
}

/// c [m, 16] (row stride ldc) = or += sum over pages p of a[p] [m, depth] (row stride lda) * b[p] [depth,
/// 16]; m and depth are multiples of 32.
template <typename Element>
struct Product {
  float* c;
  int64_t ldc, m;
  const Element* const* a;
  int64_t pages, lda;
  const Element* b;
  int64_t depth;
  bool add;
};

#ifdef __AVX512F__
constexpr int64_t kRowsAtOnce = 8;
#else
constexpr int64_t kRowsAtOnce = 4;
#endif

inline void multiply(const Product<float>& x) {
  for (int64_t row = 0; row < x.m; row += kRowsAtOnce) {
    Lanes sum[kRowsAtOnce];
    for (int64_t i = 0; i < kRowsAtOnce; ++i) sum[i] = x.add ? lanes(x.c + (row + i) * x.ldc) : Lanes{};
    for (int64_t p = 0; p < x.pages; ++p) {
      const float *a = x.a[p] + row * x.lda, *b = x.b + p * x.depth * kLanes;
      for (int64_t d = 0; d < x.depth; ++d)
        for (int64_t i = 0; i < kRowsAtOnce; ++i) sum[i] += a[i * x.lda + d] * lanes(b + d * kLanes);
    }
    for (int64_t i = 0; i < kRowsAtOnce; ++i) lanes(x.c + (row + i) * x.ldc) = sum[i];
  }
}

#if defined(__AMX_BF16__)
using Narrow = Bf16;

/// The processor's tile registers as eight tiles of 16 rows of 64 bytes. The table is a constant: GCC does
/// not know that ldtilecfg reads all of it and would drop the stores of a local one.
struct TileTable {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes_per_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
alignas(64) constexpr TileTable kTileTable;
struct TileScope {
  TileScope() { _tile_loadconfig(&kTileTable); }
  ~TileScope() { _tile_release(); }
};

/// Rows [row, row + 64) or [row, row + 32) of the product.
template <bool kFour>
void multiply_tiles(const Product<Bf16>& x, int64_t row) {
  asm volatile("" ::: "memory");  // GCC does not know that tile loads read memory
  float* c = x.c + row * x.ldc;
  const int64_t c_tile = kLanes * x.ldc, c_bytes = x.ldc * 4, a_bytes = x.lda * 2, a_tile = kLanes * x.lda;
  if (x.add) {
    _tile_loadd(0, c, c_bytes);
    _tile_loadd(1, c + c_tile, c_bytes);
    if constexpr (kFour) _tile_loadd(2, c + 2 * c_tile, c_bytes);
    if constexpr (kFour) _tile_loadd(3, c + 3 * c_tile, c_bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (kFour) _tile_zero(2);
    if constexpr (kFour) _tile_zero(3);
  }
  const Bf16* b = x.b;
  for (int64_t p = 0; p < x.pages; ++p)
    for (int64_t d = 0; d < x.depth; d += 32, b += 32 * kLanes) {
      const Bf16* a = x.a[p] + row * x.lda + d;
      _tile_loadd(7, b, 64);
      _tile_loadd(4, a, a_bytes);
      _tile_dpbf16ps(0, 4, 7);
      _tile_loadd(5, a + a_tile, a_bytes);
      _tile_dpbf16ps(1, 5, 7);
      if constexpr (kFour) {
        _tile_loadd(6, a + 2 * a_tile, a_bytes);
        _tile_dpbf16ps(2, 6, 7);
        _tile_loadd(4, a + 3 * a_tile, a_bytes);
        _tile_dpbf16ps(3, 4, 7);
      }
    }
  _tile_stored(0, c, c_bytes);
  _tile_stored(1, c + c_tile, c_bytes);
  if constexpr (kFour) _tile_stored(2, c + 2 * c_tile, c_bytes);
  if constexpr (kFour) _tile_stored(3, c + 3 * c_tile, c_bytes);
}

inline void multiply(const Product<Bf16>& x) {
  int64_t row = 0;
  for (; row + 64 <= x.m; row += 64) multiply_tiles<true>(x, row);
  for (; row < x.m; row += 32) multiply_tiles<false>(x, row);
}
#elif defined(__AVX512BF16__)
using Narrow = Bf16;
struct TileScope {};

inline void multiply(const Product<Bf16>& x) {
  for (int64_t row = 0; row < x.m; row += kRowsAtOnce) {
    __m512 sum[kRowsAtOnce];
    for (int64_t i = 0; i < kRowsAtOnce; ++i)
      sum[i] = x.add ? _mm512_loadu_ps(x.c + (row + i) * x.ldc) : _mm512_setzero_ps();
    for (int64_t p = 0; p < x.pages; ++p) {
      const Bf16 *a = x.a[p] + row * x.lda, *b = x.b + p * x.depth * kLanes;
      for (int64_t d = 0; d < x.depth; d += 2) {
        const __m512bh pairs = (__m512bh)_mm512_loadu_si512(b + d * kLanes);
        for (int64_t i = 0; i < kRowsAtOnce; ++i) {
          int both;
          __builtin_memcpy(&both, a + i * x.lda + d, sizeof both);
          sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)_mm512_set1_epi32(both), pairs);
        }
      }
    }
    for (int64_t i = 0; i < kRowsAtOnce; ++i) _mm512_storeu_ps(x.c + (row + i) * x.ldc, sum[i]);
  }
}
#else
using Narrow = float;  // no products of bfloat16: pages hold floats
struct TileScope {};
#endif

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
  int64_t token(int64_t lane) const { return block.query_begin + (first + lane) / group(); }
  int64_t head(int64_t lane) const { return kv_head * group() + (first + lane) % group(); }
  /// Index of a row in a tensor [tokens, num_heads].
  int64_t index(int64_t lane) const { return token(lane) * shape.num_heads + head(lane); }
};

/// For each lane the slot after the last that it sees in a visit; 0 where the lane is not part of it.
struct Limits {
  Ints end;
  int64_t least, most;
};
Limits limits_of(const RowTile& tile, const KeyVisit& visit) {
  Limits limits{Ints{}, visit.keys.begin + visit.keys.count, 0};
  const int64_t group = tile.group(), begin = (visit.query_begin - tile.block.query_begin) * group;
  if (begin >= tile.first + kLanes || begin + visit.count * group <= tile.first) return limits;
  const int64_t last = visit.keys.begin + visit.keys.count;
  int64_t token = tile.token(0), head = tile.first % group;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    const int64_t query = lane < tile.rows() ? token - visit.query_begin : -1;
    const bool part = query >= 0 && query < visit.count;
    const int64_t end = !part ? 0 : visit.causal ? last - (visit.count - 1 - query) : last;
    limits.end[lane] = static_cast<int32_t>(end);
    if (end < limits.least) limits.least = end;
    if (end > limits.most) limits.most = end;
    if (++head == group) head = 0, ++token;
  }
  return limits;
}

/// All ones where key `slot` is seen.
inline Ints seen(const Limits& limits, const KeyVisit& visit, int64_t slot) {
  return slot < visit.keys.begin ? Ints{} : Ints{} + static_cast<int32_t>(slot) < limits.end;
}

template <typename Element>
inline const Element* page_of(const void* pages, const AttentionShape& shape, int64_t page, int64_t kv_head) {
  return static_cast<const Element*>(pages) + (page * shape.num_kv_heads + kv_head) * shape.page_size();
}

/// B [padded head_dim, 16 lanes]: the rows of a tile turned upright.
template <typename In, typename Element>
void pack_upright(Element* to, const void* tensor, const RowTile& tile) {
  const int64_t dim = tile.shape.head_dim, padded = tile.shape.padded_head_dim();
  for (int64_t i = 0; i < padded * kLanes; ++i) to[i] = 0;
  for (int64_t lane = 0; lane < tile.rows(); ++lane) {
    const In* row = static_cast<const In*>(tensor) + tile.index(lane) * dim;
    for (int64_t d = 0; d < dim; ++d) convert(to_float(row[d]), to + packed_at(to, d, lane));
  }
}

/// B [rows, 16 dimensions] for every 16 dimensions, one after the other: rows [32 * half, 16 more) of depth
/// 32 are those of the tile.
template <typename In, typename Element>
void pack_flat(Element* to, const void* tensor, const RowTile& tile, int64_t half) {
  const int64_t dim = tile.shape.head_dim, padded = tile.shape.padded_head_dim();
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    const bool row = lane < tile.rows();
    const In* from = row ? static_cast<const In*>(tensor) + tile.index(lane) * dim : nullptr;
    for (int64_t d = 0; d < padded; ++d) {
      Element* block = to + d / kLanes * kPageSlots * kLanes;
      convert(row && d < dim ? to_float(from[d]) : 0.0f,
              block + packed_at(to, half * kLanes + lane, d % kLanes));
    }
  }
}

template <typename Element>
struct ForwardScratch {
  Element *q, *weights;  // B [dim, 16]; B [keys of a segment, 16]
  float *scores, *out;   // [keys of a segment, 16]; [dim, 16]
  Lanes maximum, total;
  int64_t bytes;

  ForwardScratch(void* base, const AttentionShape& shape) {
    Arena arena(base);
    const int64_t dim = shape.padded_head_dim(), keys = kSegmentPages * kPageSlots;
    q = arena.take<Element>(dim * kLanes);
    weights = arena.take<Element>(keys * kLanes);
    scores = arena.take<float>(keys * kLanes);
    out = arena.take<float>(dim * kLanes);
    bytes = arena.bytes();
  }
};

/// A page that will be needed soon starts on its way from memory: the decoded keys of many sequences do not
/// fit the caches, and tile loads do not look ahead.
template <typename Element>
inline void prefetch(const Element* page, int64_t elements) {
  for (int64_t i = 0; i < elements; i += 64 / static_cast<int64_t>(sizeof(Element)))
    __builtin_prefetch(page + i);
}

/// One step of the running softmax: pages [first, first + count) of a visit.
template <typename Element>
void add_segment(ForwardScratch<Element>& s, const AttentionForward& t, const RowTile& tile,
                 const KeyVisit& visit, const Limits& limits, int64_t first, int64_t count) {
  const AttentionShape& shape = tile.shape;
  const int64_t dim = shape.padded_head_dim();
  const Element *keys[kSegmentPages], *values[kSegmentPages];
  Lanes maximum = s.maximum;
  for (int64_t p = 0; p < count; ++p) {
    keys[p] = page_of<Element>(t.keys, shape, first + p, tile.kv_head);
    values[p] = page_of<Element>(t.values, shape, first + p, tile.kv_head);
    if (p + 1 < count)
      prefetch(page_of<Element>(t.keys, shape, first + p + 1, tile.kv_head), shape.page_size());
    prefetch(values[p], shape.page_size());
    float* scores = s.scores + p * kPageSlots * kLanes;
    multiply(Product<Element>{scores, kLanes, kPageSlots, keys + p, 1, dim, s.q, dim, false});
    const int64_t slot = (first + p) * kPageSlots;
    if (slot < visit.keys.begin || slot + kPageSlots > limits.least)
      for (int64_t k = 0; k < kPageSlots; ++k)
        lanes(scores + k * kLanes) =
            seen(limits, visit, slot + k) ? lanes(scores + k * kLanes) : Lanes{} + kMasked;
    for (int64_t k = 0; k < kPageSlots; ++k) maximum = larger(maximum, lanes(scores + k * kLanes));
  }
  const float factor = shape.scale * kLog2E;
  const Lanes rescale = exp2_lanes((s.maximum - maximum) * factor);
  Lanes total = s.total * rescale;
  const auto weight = [&](int64_t key) {
    const Lanes score = lanes(s.scores + key * kLanes);
    const Lanes p = score > 0.5f * kMasked ? exp2_lanes((score - maximum) * factor) : Lanes{};
    total += p;
    return p;
  };
  for (int64_t k = 0; k < count * kPageSlots; k += 2) {
    const Lanes even = weight(k), odd = weight(k + 1);
    store_pair(s.weights + k * kLanes, even, odd);
  }
  for (int64_t d = 0; d < dim; ++d) lanes(s.out + d * kLanes) *= rescale;
  multiply(Product<Element>{s.out, kLanes, dim, values, count, kPageSlots, s.weights, kPageSlots, true});
  s.maximum = maximum;
  s.total = total;
}

template <typename In, typename Element>
void write_out(const ForwardScratch<Element>& s, const AttentionForward& t, const RowTile& tile) {
  const int64_t dim = tile.shape.head_dim;
  for (int64_t lane = 0; lane < tile.rows(); ++lane) {
    const float inverse = 1.0f / s.total[lane];
    In* out = static_cast<In*>(t.out) + tile.index(lane) * dim;
    for (int64_t d = 0; d < dim; ++d) convert(s.out[d * kLanes + lane] * inverse, out + d);
    t.lse[tile.index(lane)] = s.maximum[lane] * tile.shape.scale + __builtin_logf(s.total[lane]);
  }
}

template <typename In, typename Element>
void forward_block(const AttentionForward& t, const AttentionShape& shape, const QueryBlock& block,
                   int64_t kv_head, void* scratch) {
  [[maybe_unused]] const TileScope tiles;
  ForwardScratch<Element> s(scratch, shape);
  for (RowTile tile{shape, block, kv_head, 0}; tile.rows() > 0; tile.first += kLanes) {
    pack_upright<In>(s.q, t.q, tile);
    for (int64_t i = 0; i < shape.padded_head_dim() * kLanes; ++i) s.out[i] = 0;
    s.maximum = Lanes{} + kMasked;
    s.total = Lanes{};
    for (const KeyVisit& visit : block.visits) {
      const Limits limits = limits_of(tile, visit);
      const int64_t end = (limits.most + kPageSlots - 1) / kPageSlots;
      for (int64_t page = visit.keys.begin / kPageSlots; page < end; page += kSegmentPages)
        add_segment(s, t, tile, visit, limits, page, smaller(kSegmentPages, end - page));
    }
    write_out<In>(s, t, tile);
  }
}

/// The backward pass works on two tiles of rows at once, so that sums over rows are 32 deep.
template <typename Element>
struct BackwardScratch {
  Element *q[2], *grad_out[2];         // B [dim, 16] of each tile
  Element *q_flat, *grad_out_flat;     // B [32 rows, 16] for every 16 dimensions
  float *scores[2], *grad_weights[2];  // [32 keys, 16]
  Element *weights, *grad_scores;      // A [32 keys, 32 rows]
  Element* grad_scores_packed[2];      // B [32 keys, 16]
  float* grad_q[2];                    // [dim, 16]
  Lanes lse[2], delta[2];
  int64_t bytes;

  BackwardScratch(void* base, const AttentionShape& shape) {
    Arena arena(base);
    const int64_t dim = shape.padded_head_dim(), tile = kPageSlots * kLanes;
    for (int64_t i = 0; i < 2; ++i) {
      q[i] = arena.take<Element>(dim * kLanes);
      grad_out[i] = arena.take<Element>(dim * kLanes);
      scores[i] = arena.take<float>(tile);
      grad_weights[i] = arena.take<float>(tile);
      grad_scores_packed[i] = arena.take<Element>(tile);
      grad_q[i] = arena.take<float>(dim * kLanes);
    }
    q_flat = arena.take<Element>(dim * kPageSlots);
    grad_out_flat = arena.take<Element>(dim * kPageSlots);
    weights = arena.take<Element>(2 * tile);
    grad_scores = arena.take<Element>(2 * tile);
    bytes = arena.bytes();
  }
};

template <typename In, typename Element>
void load_rows(BackwardScratch<Element>& s, const AttentionBackward& t, const RowTile& tile, int64_t half) {
  pack_upright<In>(s.q[half], t.q, tile);
  pack_upright<In>(s.grad_out[half], t.grad_out, tile);
  pack_flat<In>(s.q_flat, t.q, tile, half);
  pack_flat<In>(s.grad_out_flat, t.grad_out, tile, half);
  s.lse[half] = s.delta[half] = Lanes{};
  const int64_t dim = tile.shape.head_dim;
  for (int64_t lane = 0; lane < tile.rows(); ++lane) {
    const In* out = static_cast<const In*>(t.out) + tile.index(lane) * dim;
    const In* grad_out = static_cast<const In*>(t.grad_out) + tile.index(lane) * dim;
    float delta = 0;
    for (int64_t d = 0; d < dim; ++d) delta += to_float(out[d]) * to_float(grad_out[d]);
    s.delta[half][lane] = delta;
    s.lse[half][lane] = t.lse[tile.index(lane)] * kLog2E;
  }
  for (int64_t i = 0; i < tile.shape.padded_head_dim() * kLanes; ++i) s.grad_q[half][i] = 0;
}

/// weights = p, grad_scores = p * (grad_out . v - delta) * scale; both 0 where not seen.
template <typename Element>
void softmax_backward(BackwardScratch<Element>& s, const AttentionShape& shape, const KeyVisit& visit,
                      const Limits& limits, int64_t half, int64_t slot) {
  const float factor = shape.scale * kLog2E;
  const auto row = [&](int64_t k) {
    const int64_t at = k * kLanes;
    const Lanes p = exp2_lanes(lanes(s.scores[half] + at) * factor - s.lse[half]);
    const Lanes weight = seen(limits, visit, slot + k) ? p : Lanes{};
    const Lanes grad = weight * (lanes(s.grad_weights[half] + at) - s.delta[half]) * shape.scale;
    store_row(s.weights + k * kPageSlots + half * kLanes, weight);
    store_row(s.grad_scores + k * kPageSlots + half * kLanes, grad);
    return grad;
  };
  for (int64_t k = 0; k < kPageSlots; k += 2) {
    const Lanes even = row(k), odd = row(k + 1);
    store_pair(s.grad_scores_packed[half] + k * kLanes, even, odd);
  }
}

template <typename Element>
void backward_page(BackwardScratch<Element>& s, const AttentionBackward& t, const RowTile& tile,
                   const KeyVisit& visit, const Limits* limits, int64_t page) {
  const AttentionShape& shape = tile.shape;
  const int64_t dim = shape.padded_head_dim(), head = tile.kv_head;
  const Element* keys = page_of<Element>(t.keys, shape, page, head);
  const Element* keys_transposed = page_of<Element>(t.keys_transposed, shape, page, head);
  const Element* values = page_of<Element>(t.values, shape, page, head);
  for (int64_t half = 0; half < 2; ++half) {
    multiply(Product<Element>{s.scores[half], kLanes, kPageSlots, &keys, 1, dim, s.q[half], dim, false});
    multiply(Product<Element>{s.grad_weights[half], kLanes, kPageSlots, &values, 1, dim, s.grad_out[half],
                              dim, false});
    softmax_backward(s, shape, visit, limits[half], half, page * kPageSlots);
    multiply(Product<Element>{s.grad_q[half], kLanes, dim, &keys_transposed, 1, kPageSlots,
                              s.grad_scores_packed[half], kPageSlots, true});
  }
  const int64_t at = (page * shape.num_kv_heads + head) * shape.page_size();
  const Element *weights = s.weights, *grad_scores = s.grad_scores;
  for (int64_t d = 0; d < dim; d += kLanes) {
    multiply(Product<Element>{t.grad_values + at + d, dim, kPageSlots, &weights, 1, kPageSlots,
                              s.grad_out_flat + d * kPageSlots, kPageSlots, true});
    multiply(Product<Element>{t.grad_keys + at + d, dim, kPageSlots, &grad_scores, 1, kPageSlots,
                              s.q_flat + d * kPageSlots, kPageSlots, true});
  }
}

template <typename In, typename Element>
void backward_block(const AttentionBackward& t, const AttentionShape& shape, const QueryBlock& block,
                    int64_t kv_head, void* scratch) {
  [[maybe_unused]] const TileScope tiles;
  BackwardScratch<Element> s(scratch, shape);
  for (RowTile tile{shape, block, kv_head, 0}; tile.rows() > 0; tile.first += 2 * kLanes) {
    const RowTile halves[2] = {tile, {shape, block, kv_head, tile.first + kLanes}};
    for (int64_t half = 0; half < 2; ++half) load_rows<In>(s, t, halves[half], half);
    for (const KeyVisit& visit : block.visits) {
      const Limits limits[2] = {limits_of(halves[0], visit), limits_of(halves[1], visit)};
      const int64_t most = limits[0].most > limits[1].most ? limits[0].most : limits[1].most;
      for (int64_t page = visit.keys.begin / kPageSlots; page * kPageSlots < most; ++page)
        backward_page(s, t, tile, visit, limits, page);
    }
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t lane = 0; lane < halves[half].rows(); ++lane) {
        In* grad_q = static_cast<In*>(t.grad_q) + halves[half].index(lane) * shape.head_dim;
        for (int64_t d = 0; d < shape.head_dim; ++d) convert(s.grad_q[half][d * kLanes + lane], grad_q + d);
      }
  }
}

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

template <typename In, typename Element>
void write_transposed(const void* row, void* page, int64_t slot, int64_t head_dim) {
  Element* to = static_cast<Element*>(page);
  clear_new_page(to, slot, head_dim);
  to += slot % kPageSlots;
  for (int64_t d = 0; d < head_dim; ++d)
    convert(to_float(static_cast<const In*>(row)[d]), to + d * kPageSlots);
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
          write_transposed<In, Element>};
}

constexpr AttentionKernelSet kernel_set(const char* name) {
  return {name, kernels_of<float, float>(), kernels_of<Bf16, Narrow>()};
}

}  // namespace
}  // namespace selfreward
