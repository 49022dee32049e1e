#pragma once
// Products of small matrices. Operands are in words (vectors.inl): a bfloat16 product adds up pairs
// of depth at once, so neighbours in depth lie together.
#include "model/kernels/attention/vectors.inl"

namespace selfreward {
namespace {

/// c [m, n] (row stride ldc) = or += sum over pages p of a_p [m, depth] * b[p] [depth, n].
/// a_p is row-major with row stride lda, one page's columns after the other's; or `upright`: [depth / word,
/// kLanes rows, word], pages one after the other. b[p] is [depth / word, n, word] with row stride ldb words.
/// m is a multiple of 32 or kLanes, or, of multiply_vectors, any number; n of kLanes; depth of 2 * kLanes.
template <typename Element>
struct Product {
  float* c;
  int64_t ldc, m, n;
  const Element* a;
  int64_t lda;
  bool upright;
  const Element* const* b;
  int64_t ldb, pages, depth;
  bool add;
};

/// sum + the word at a times the words at b
inline Lanes multiply_add(Lanes sum, const float* a, const float* b) {
  return sum + *a * lanes(b);
}
/// sum + the words at a times the words at b, lane by lane
inline Lanes dot_add(Lanes sum, const float* a, const float* b) {
  return sum + lanes(a) * lanes(b);
}
#ifdef __AVX512BF16__
using Narrow = Bf16;
inline Lanes multiply_add(Lanes sum, const Bf16* a, const Bf16* b) {
  int word;
  __builtin_memcpy(&word, a, sizeof word);
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(word), (__m512bh)_mm512_loadu_si512(b));
}
inline Lanes dot_add(Lanes sum, const Bf16* a, const Bf16* b) {
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_loadu_si512(a), (__m512bh)_mm512_loadu_si512(b));
}
#else
using Narrow = float;  // no products of bfloat16: pages hold floats
#endif

/// kRows rows and kColumns vectors of columns of the product. With kAhead, what lies at b[pages] as b[0] lies
/// is fetched from memory meanwhile.
template <int kRows, int kColumns, bool kAhead, typename Element>
void multiply_part(const Product<Element>& x, int64_t row, int64_t column) {
  constexpr int64_t kWord = kPerWord<Element>;
  const int64_t a_row = x.upright ? kWord : x.lda, a_word = x.upright ? kLanes * kWord : kWord;
  const int64_t a_page = x.upright ? kLanes * x.depth : x.depth;
  Lanes sum[kRows * kColumns];
  const auto c = [&](int t) -> Lanes& {
    return lanes(x.c + (row + t / kColumns) * x.ldc + column + t % kColumns * kLanes);
  };
  for_each_number<kRows * kColumns>([&](auto t) { sum[t.value] = x.add ? c(t.value) : Lanes{}; });
  for (int64_t p = 0; p < x.pages; ++p) {
    const Element *a = x.a + p * a_page + row * a_row, *b = x.b[p] + column * kWord;
    const Element* ahead = kAhead ? x.b[p + 1] + column * kWord : nullptr;
    for (int64_t d = 0; d < x.depth; d += kWord, a += a_word, b += x.ldb * kWord) {
      if constexpr (kAhead) {
        for_each_number<kColumns>([&](auto j) { __builtin_prefetch(ahead + j.value * kLanes * kWord); });
        ahead += x.ldb * kWord;
      }
      for_each_number<kRows * kColumns>([&](auto t) {
        constexpr int i = t.value / kColumns, j = t.value % kColumns;
        sum[t.value] = multiply_add(sum[t.value], a + i * a_row, b + j * kLanes * kWord);
      });
    }
  }
  for_each_number<kRows * kColumns>([&](auto t) { c(t.value) = sum[t.value]; });
}

#ifdef __AVX512F__
constexpr int kRowsAtOnce = 8;
#else
constexpr int kRowsAtOnce = 4;
#endif

template <int kColumns, bool kAhead, typename Element>
void multiply_columns(const Product<Element>& x, int64_t column) {
  int64_t row = 0;
  for (; row + kRowsAtOnce <= x.m; row += kRowsAtOnce)
    multiply_part<kRowsAtOnce, kColumns, kAhead>(x, row, column);
  for (int64_t rows; (rows = x.m - row) > 0; row += smaller(rows, 4)) {
    if (rows >= 4) multiply_part<4, kColumns, kAhead>(x, row, column);
    if (rows == 3) multiply_part<3, kColumns, kAhead>(x, row, column);
    if (rows == 2) multiply_part<2, kColumns, kAhead>(x, row, column);
    if (rows == 1) multiply_part<1, kColumns, kAhead>(x, row, column);
  }
}

template <bool kAhead = false, typename Element>
void multiply_vectors(const Product<Element>& x) {
  int64_t column = 0;
  for (; column + 2 * kLanes <= x.n; column += 2 * kLanes) multiply_columns<2, kAhead>(x, column);
  if (column < x.n) multiply_columns<1, kAhead>(x, column);
}

#ifdef __AMX_BF16__
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

// GCC's own functions for tiles want literal numbers, and do not say that they read and write memory.
template <int kTile>
inline void tile_zero() {
  asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
}
template <int kTile>
inline void tile_load(const void* from, int64_t row_bytes) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(row_bytes), "i"(kTile) : "memory");
}
template <int kTile>
inline void tile_store(void* to, int64_t row_bytes) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(row_bytes), "i"(kTile) : "memory");
}
template <int kTo, int kA, int kB>
inline void tile_multiply() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kTo), "i"(kA), "i"(kB));
}

/// kRows x kColumns tiles of the product, at most 4: they stay in registers 0-3. a is row-major.
template <int kRows, int kColumns>
void multiply_tiles(const Product<Bf16>& x, int64_t row, int64_t column) {
  float* c = x.c + row * x.ldc + column;
  const auto c_tile = [&](int t) { return c + t % kRows * kLanes * x.ldc + t / kRows * kLanes; };
  for_each_number<kRows * kColumns>([&](auto t) {
    if (x.add) {
      tile_load<t.value>(c_tile(t.value), x.ldc * 4);
    } else {
      tile_zero<t.value>();
    }
  });
  for (int64_t p = 0; p < x.pages; ++p)
    for (int64_t d = 0; d < x.depth; d += 2 * kLanes) {
      const Bf16* a = x.a + row * x.lda + p * x.depth + d;
      const Bf16* b = x.b[p] + d * x.ldb + column * 2;
      for_each_number<kRows * kColumns>([&](auto t) {
        constexpr int i = t.value % kRows, j = t.value / kRows;
        constexpr int a_tile = 4 + i, b_tile = 4 + kRows + j % (4 - kRows);
        if constexpr (j == 0) tile_load<a_tile>(a + i * kLanes * x.lda, x.lda * 2);
        if constexpr (i == 0) tile_load<b_tile>(b + j * kLanes * 2, x.ldb * 4);
        tile_multiply<t.value, a_tile, b_tile>();
      });
    }
  for_each_number<kRows * kColumns>([&](auto t) { tile_store<t.value>(c_tile(t.value), x.ldc * 4); });
}

constexpr int64_t kMostUpright = 256;  // depth of an upright operand over all pages

/// Tiles want rows: a, upright, is turned first.
inline void multiply_upright(Product<Bf16> x) {
  alignas(64) Bf16 turned[kLanes * kMostUpright];
  const int64_t depth = x.pages * x.depth;
  for (int64_t d = 0; d < depth; d += 2 * kLanes) {
    Words rows[kLanes];
    for_each_number<kLanes>([&](auto i) { rows[i.value] = words(x.a + (d + 2 * i.value) * kLanes); });
    transpose(rows);
    for_each_number<kLanes>([&](auto i) { words(turned + i.value * depth + d) = rows[i.value]; });
  }
  x.a = turned;
  x.lda = depth;
  int64_t column = 0;
  for (; column + 4 * kLanes <= x.n; column += 4 * kLanes) multiply_tiles<1, 4>(x, 0, column);
  for (; column < x.n; column += 2 * kLanes) multiply_tiles<1, 2>(x, 0, column);
}

inline void multiply(const Product<Bf16>& x) {
  if (x.upright) return multiply_upright(x);
  for (int64_t row = 0; row < x.m; row += 2 * kLanes) {
    int64_t column = 0;
    for (; column + 2 * kLanes <= x.n; column += 2 * kLanes) multiply_tiles<2, 2>(x, row, column);
    if (column < x.n) multiply_tiles<2, 1>(x, row, column);
  }
}
#else
struct TileScope {};
#ifdef __AVX512BF16__
inline void multiply(const Product<Bf16>& x) {
  multiply_vectors(x);
}
#endif
#endif
inline void multiply(const Product<float>& x) {
  multiply_vectors(x);
}

/// scores [32 keys, kLanes rows] = the rows of a page [32, dim] times `upright` [dim / word, kLanes, word]
template <typename Element>
void multiply_over_dim(float* scores, const Element* page, const Element* upright, int64_t dim) {
  multiply(Product<Element>{scores, kLanes, kPageSlots, kLanes, page, dim, false, &upright, kLanes, 1, dim,
                            false});
}

}  // namespace
}  // namespace selfreward
