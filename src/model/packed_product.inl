// A panel of weights times a block of rows. The depth is cut into steps so that a step of the panel stays in
// the fastest cache while all rows pass over it; sums wait in float32 meanwhile. While a step is multiplied,
// the next one is fetched into the second-level cache: with few rows the product is as fast as memory
// delivers W. No standard templates here, so that no code for one instruction set is shared with another.
#include "model/packed_product_kernel.h"

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

namespace selfreward {
namespace {

using Word = uint32_t;

#ifdef __AVX512F__
constexpr int64_t kLanes = 16, kVectors = 3, kRowsAtOnce = 8;  // 24 of 32 registers hold sums
#else
constexpr int64_t kLanes = 8, kVectors = 2, kRowsAtOnce = 6;  // 12 of 16
#endif
constexpr uint64_t kBytes = kLanes * 4;
typedef float Lanes __attribute__((vector_size(kBytes), aligned(4), may_alias));
typedef Word Words __attribute__((vector_size(kBytes), aligned(4), may_alias));
typedef uint16_t Halves __attribute__((vector_size(kBytes / 2), aligned(2), may_alias));

inline Lanes& lanes(float* at) {
  return *reinterpret_cast<Lanes*>(at);
}
inline const Words& words(const Word* at) {
  return *reinterpret_cast<const Words*>(at);
}
inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/// What a word of weights holds: a float, or a pair of bfloat16, whose factors x has as floats.
struct Float {
  using Element = float;
  static constexpr int64_t kFloats = 1;  // of a word
  static Lanes part(Words w, int64_t) { return reinterpret_cast<Lanes>(w); }
};
struct Bf16 {
  using Element = uint16_t;
  static constexpr int64_t kFloats = 2;
  static Lanes part(Words w, int64_t i) {
    return reinterpret_cast<Lanes>(i == 0 ? w << 16 : w & 0xffff0000u);
  }
};

inline void store(float* to, Lanes x) {
  lanes(to) = x;
}
inline void store(uint16_t* to, Lanes x) {  // round to nearest, ties to even
#ifdef __AVX512BF16__
  *reinterpret_cast<Halves*>(to) = (Halves)_mm512_cvtneps_pbh(x);
#else
  const Words bits = reinterpret_cast<Words>(x);
  *reinterpret_cast<Halves*>(to) =
      __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, Halves);
#endif
}

/// Asks for the memory behind a step of the panel, piece by piece during the work on it.
struct Ahead {
  const Word *next, *end;
  int64_t lines;  // of a piece

  Ahead(const Word* step, int64_t size, int64_t pieces)
      : next(step + size), end(step + 2 * size), lines((size / 16 + pieces - 1) / pieces) {}
  void fetch() {
    const Word* stop = next + lines * 16 < end ? next + lines * 16 : end;
    for (; next < stop; next += 16) __builtin_prefetch(next, /*write=*/0, /*locality=*/2);
  }
};

/// Words [begin, begin + count) of the depth: sums [rows, kWidth] = or += x * panel.
struct Step {
  const PanelProduct& t;
  int64_t begin, count;
  float* sums;
};

template <int64_t kWidth, typename Element>
void store_block(const PanelProduct& t, const float* sums) {
  for (int64_t row = 0; row < t.rows; ++row, sums += kWidth) {
    Element* y = static_cast<Element*>(t.y) + row * t.stride;
    Element last[kWidth];
    Element* to = t.outputs == kWidth ? y : last;
    for (int64_t i = 0; i < kWidth; i += kLanes) store(to + i, *reinterpret_cast<const Lanes*>(sums + i));
    if (to == last)
      for (int64_t i = 0; i < t.outputs; ++i) y[i] = last[i];
  }
}

constexpr int64_t kWidth = kLanes * kVectors;
constexpr int64_t kDepth = 128;      // words of a step
constexpr int64_t kFetchDepth = 16;  // words between requests for memory

template <typename Kind, int64_t kRows>
void multiply_rows(const Step& s, int64_t row, Ahead& ahead) {
  constexpr int64_t kFloats = Kind::kFloats;
  const float* x = reinterpret_cast<const float*>(s.t.x) + (row * s.t.words + s.begin) * kFloats;
  const Word* w = s.t.panel + s.begin * kWidth;
  float* sums = s.sums + row * kWidth;
  Lanes sum[kRows][kVectors];
  for (int64_t i = 0; i < kRows; ++i)
    for (int64_t v = 0; v < kVectors; ++v)
      sum[i][v] = s.begin ? lanes(sums + i * kWidth + v * kLanes) : Lanes{};
  for (int64_t from = 0; from < s.count; from += kFetchDepth) {
    ahead.fetch();
    const int64_t end = smaller(s.count, from + kFetchDepth);
    for (int64_t d = from; d < end; ++d, w += kWidth)
      for (int64_t part = 0; part < kFloats; ++part) {  // so that few registers hold weights
        Lanes weights[kVectors];
        for (int64_t v = 0; v < kVectors; ++v) weights[v] = Kind::part(words(w + v * kLanes), part);
        for (int64_t i = 0; i < kRows; ++i)
          for (int64_t v = 0; v < kVectors; ++v)
            sum[i][v] += x[(i * s.t.words + d) * kFloats + part] * weights[v];
      }
  }
  for (int64_t i = 0; i < kRows; ++i)
    for (int64_t v = 0; v < kVectors; ++v) lanes(sums + i * kWidth + v * kLanes) = sum[i][v];
}

/// Fewer rows than kRowsAtOnce.
template <typename Kind, int64_t kRows = kRowsAtOnce - 1>
void multiply_last_rows(const Step& s, int64_t row, Ahead& ahead) {
  if (s.t.rows - row == kRows)
    multiply_rows<Kind, kRows>(s, row, ahead);
  else if constexpr (kRows > 1)
    multiply_last_rows<Kind, kRows - 1>(s, row, ahead);
}

template <typename Kind>
void multiply(const PanelProduct& t) {
  alignas(64) float sums[kProductRows * kWidth];
  for (int64_t begin = 0; begin < t.words; begin += kDepth) {
    const Step step{t, begin, smaller(kDepth, t.words - begin), sums};
    const int64_t tiles = (t.rows + kRowsAtOnce - 1) / kRowsAtOnce;
    Ahead ahead(t.panel + begin * kWidth, step.count * kWidth,
                tiles * ((step.count + kFetchDepth - 1) / kFetchDepth));
    int64_t row = 0;
    for (; row + kRowsAtOnce <= t.rows; row += kRowsAtOnce)
      multiply_rows<Kind, kRowsAtOnce>(step, row, ahead);
    multiply_last_rows<Kind>(step, row, ahead);
  }
  store_block<kWidth, typename Kind::Element>(t, sums);
}

constexpr ProductKernel kFloat32Kernel{kWidth, 1, false, multiply<Float>};

}  // namespace
}  // namespace selfreward
