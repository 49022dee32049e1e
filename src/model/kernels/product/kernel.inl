// A panel of weights times a block of rows. The depth is cut into steps so that a step of the panel stays in
// the fastest cache (bfloat16 widened there once) while all rows pass over it; sums wait in float32
// meanwhile. While a step is multiplied, the next one is fetched into the second-level cache: with few rows
// the product is as fast as memory delivers W. No standard templates here, so that no code for one
// instruction set is shared with another.
#include "model/kernels/product/kernel.h"

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

/// What a word of weights holds: a float, or a pair of bfloat16, whose factors x has as floats. `Wide` is what a panel
/// holds that many rows pass over.
struct Float {
  using Element = float;
  using Wide = Float;
  static constexpr int64_t kFloats = 1;  // of a word
  static Lanes part(Words w, int64_t) { return reinterpret_cast<Lanes>(w); }
  static Lanes add(Lanes sum, const float* x, Lanes w) { return sum + *x * w; }
};
struct Bf16 {
  using Element = uint16_t;
  using Wide = Float;
  static constexpr int64_t kFloats = 2;
  static Lanes part(Words w, int64_t i) {
    return reinterpret_cast<Lanes>(i == 0 ? w << 16 : w & 0xffff0000u);
  }
  static Lanes add(Lanes sum, const float* x, Lanes w) { return Float::add(sum, x, w); }
};
#ifdef __AVX512BF16__
/// A pair of bfloat16 whose factors x has as a pair too: both products and their sum are one instruction.
struct Bf16Pair {
  using Element = uint16_t;
  using Wide = Bf16Pair;
  static constexpr int64_t kFloats = 1;  // of x, which holds a pair in a float's place
  static Lanes part(Words w, int64_t) { return reinterpret_cast<Lanes>(w); }
  static Lanes add(Lanes sum, const float* x, Lanes w) {
    typedef int Pair __attribute__((may_alias));
    const __m512i factor = _mm512_set1_epi32(*reinterpret_cast<const Pair*>(x));
    return _mm512_dpbf16_ps(sum, (__m512bh)factor, (__m512bh)w);
  }
};
#endif

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

  Ahead(const Word* memory, int64_t size, int64_t pieces)
      : next(memory), end(memory + size), lines((size / 16 + pieces - 1) / pieces) {}
  void fetch() {
    const Word* stop = next + lines * 16 < end ? next + lines * 16 : end;
    for (; next < stop; next += 16) __builtin_prefetch(next, /*write=*/0, /*locality=*/2);
  }
};

/// Some of the depth: sums [rows, kWidth] = or += x [rows, stride] * panel [count, kWidth].
struct Step {
  const float* x;
  int64_t stride;
  const Word* panel;
  int64_t count;  // words
  bool first;     // of the depth
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
constexpr int64_t kDepth = 96;                 // floats of a step
constexpr int64_t kFewRows = 2 * kRowsAtOnce;  // so many rows take less time than their weights from memory

/// kRows rows from `row` on; asks for memory every kFetchDepth words. The loops are told to unroll, as
/// GCC does it too late on its own to keep the sums in registers.
template <typename Kind, int64_t kRows, int64_t kFetchDepth>
void multiply_rows(const Step& s, int64_t row, Ahead& ahead) {
  constexpr int64_t kFloats = Kind::kFloats;
  const float* x = s.x + row * s.stride;
  const Word* w = s.panel;
  float* sums = s.sums + row * kWidth;
  Lanes sum[kRows][kVectors];
#pragma GCC unroll 8
  for (int64_t i = 0; i < kRows; ++i)
#pragma GCC unroll 3
    for (int64_t v = 0; v < kVectors; ++v)
      sum[i][v] = s.first ? Lanes{} : lanes(sums + i * kWidth + v * kLanes);
  for (int64_t from = 0; from < s.count; from += kFetchDepth) {
    ahead.fetch();
    const int64_t end = smaller(s.count, from + kFetchDepth);
    for (int64_t d = from; d < end; ++d, w += kWidth)
      for (int64_t part = 0; part < kFloats; ++part) {  // so that few registers hold weights
        Lanes weights[kVectors];
#pragma GCC unroll 3
        for (int64_t v = 0; v < kVectors; ++v) weights[v] = Kind::part(words(w + v * kLanes), part);
#pragma GCC unroll 8
        for (int64_t i = 0; i < kRows; ++i)
#pragma GCC unroll 3
          for (int64_t v = 0; v < kVectors; ++v)
            sum[i][v] = Kind::add(sum[i][v], x + (i * s.stride + d * kFloats + part), weights[v]);
      }
  }
#pragma GCC unroll 8
  for (int64_t i = 0; i < kRows; ++i)
#pragma GCC unroll 3
    for (int64_t v = 0; v < kVectors; ++v) lanes(sums + i * kWidth + v * kLanes) = sum[i][v];
}

/// Fewer rows than kRowsAtOnce.
template <typename Kind, int64_t kFetchDepth, int64_t kRows = kRowsAtOnce - 1>
void multiply_last_rows(const Step& s, int64_t row, int64_t rows, Ahead& ahead) {
  if (rows == kRows)
    multiply_rows<Kind, kRows, kFetchDepth>(s, row, ahead);
  else if constexpr (kRows > 1)
    multiply_last_rows<Kind, kFetchDepth, kRows - 1>(s, row, rows, ahead);
}

/// `step` as multiply_rows wants it; meanwhile `size` words from `memory` on are fetched.
template <typename Kind, int64_t kFetchDepth>
void multiply_step(const Step& step, int64_t rows, const Word* memory, int64_t size) {
  const int64_t tiles = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
  Ahead ahead(memory, size, tiles * ((step.count + kFetchDepth - 1) / kFetchDepth));
  int64_t row = 0;
  for (; row + kRowsAtOnce <= rows; row += kRowsAtOnce)
    multiply_rows<Kind, kRowsAtOnce, kFetchDepth>(step, row, ahead);
  multiply_last_rows<Kind, kFetchDepth>(step, row, rows - row, ahead);
}

/// The same step with a panel of floats, written to `wide`: for several tiles of rows one widening.
Step widened(const Step& step, float* wide) {
  const Word* from = step.panel;
  float* to = wide;
  for (int64_t d = 0; d < step.count; ++d, from += kWidth)
    for (int64_t part = 0; part < Bf16::kFloats; ++part, to += kWidth)
      for (int64_t v = 0; v < kWidth; v += kLanes) lanes(to + v) = Bf16::part(words(from + v), part);
  return {step.x,     step.stride, reinterpret_cast<const Word*>(wide), step.count * Bf16::kFloats,
          step.first, step.sums};
}

template <typename Kind>
void multiply(const PanelProduct& t) {
  constexpr int64_t kFloats = Kind::kFloats, kWords = kDepth / kFloats;
  alignas(64) float sums[kProductRows * kWidth], wide[kDepth * kWidth];
  for (int64_t begin = 0; begin < t.words; begin += kWords) {
    const float* x = reinterpret_cast<const float*>(t.x) + begin * kFloats;
    const int64_t count = smaller(kWords, t.words - begin), size = count * kWidth;
    const Step step{x, t.words * kFloats, t.panel + begin * kWidth, count, begin == 0, sums};
    const Word* next = step.panel + size;
    if (t.rows <= kFewRows)
      multiply_step<Kind, 1>(step, t.rows, next, size);  // as fast as memory: a steady stream of requests
    else
      multiply_step<typename Kind::Wide, 16>(kFloats > 1 ? widened(step, wide) : step, t.rows, next, size);
  }
  store_block<kWidth, typename Kind::Element>(t, sums);
}

constexpr ProductKernel kFloat32Kernel{kWidth, 1, false, multiply<Float>};

}  // namespace
}  // namespace selfreward
