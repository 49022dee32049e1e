#pragma once
// Vectors of the instruction set that this is compiled for, in GCC's and Clang's notation, and what turns rows into
// lanes. An Element of a page is a float or a bfloat16; a word is a float or a pair of bfloat16, the unit in
// which operands of products are laid out.
// No standard templates here, so that no code for one instruction set is shared with another.
#include "model/kernels/attention/kernel.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace selfreward {
namespace {

#ifdef __AVX512F__
constexpr int64_t kLanes = 16;
#else
constexpr int64_t kLanes = 8;
#endif
using Bf16 = uint16_t;

typedef float Lanes __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
typedef uint32_t Words __attribute__((vector_size(4 * kLanes), aligned(2), may_alias));
typedef uint16_t Halves __attribute__((vector_size(2 * kLanes), aligned(2), may_alias));

template <typename Element>
constexpr int64_t kPerWord = 4 / sizeof(Element);

inline Lanes& lanes(float* at) {
  return *reinterpret_cast<Lanes*>(at);
}
inline const Lanes& lanes(const float* at) {
  return *reinterpret_cast<const Lanes*>(at);
}
template <typename Element>
inline Words& words(Element* at) {
  return *reinterpret_cast<Words*>(at);
}
template <typename Element>
inline const Words& words(const Element* at) {
  return *reinterpret_cast<const Words*>(at);
}
inline Lanes larger(Lanes a, Lanes b) {
  return a > b ? a : b;
}
inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}
inline int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/// action(Number<0>), action(Number<1>), ...: a loop over registers, whose numbers have to be constants.
template <int kValue>
struct Number {
  static constexpr int value = kValue;
};
template <int kCount, typename Action>
[[gnu::always_inline]] inline void for_each_number(Action action) {
  if constexpr (kCount > 1) for_each_number<kCount - 1>(action);
  action(Number<kCount - 1>{});
}

/// (2^f - 1) / f for f in [-1/2, 1/2], by Taylor's series.
inline Lanes exp2_slope(Lanes f) {
  Lanes y = 1.5403530e-4f * f + 1.3333558e-3f;
  y = y * f + 9.6181291e-3f;
  y = y * f + 5.5504109e-2f;
  y = y * f + 2.4022651e-1f;
  return y * f + 6.9314718e-1f;
}

/// 2^x for x <= 0, relative error below 3e-7: 2^round(x) times 2^fraction.
inline Lanes exp2_lanes(Lanes x) {
  x = larger(x, Lanes{} - 126.0f);
  const Ints whole = __builtin_convertvector(x - 0.5f, Ints);
  const Lanes f = x - __builtin_convertvector(whole, Lanes);
  const Lanes y = exp2_slope(f) * f + 1.0f;
  return reinterpret_cast<Lanes>(reinterpret_cast<Ints>(y) + (whole << 23));
}

/// tanh(x), relative error below 1.5e-6: m / (m + 2) with m = e^(2 |x|) - 1, small m without a difference.
inline Lanes tanh_lanes(Lanes x) {
  const Ints sign = reinterpret_cast<Ints>(x) & static_cast<int32_t>(0x80000000u);
  const Lanes size = reinterpret_cast<Lanes>(reinterpret_cast<Ints>(x) ^ sign);
  const Lanes power = (size > 10.0f ? Lanes{} + 10.0f : size) * 2.88539008f;  // 2 log2(e) |x|
  const Ints whole = __builtin_convertvector(power + 0.5f, Ints);
  const Lanes f = power - __builtin_convertvector(whole, Lanes);
  const Lanes scale = reinterpret_cast<Lanes>((whole + 127) << 23);
  const Lanes part = exp2_slope(f) * f;  // 2^f - 1
  const Lanes m = whole > 0 ? scale * (part + 1.0f) - 1.0f : part;
  return reinterpret_cast<Lanes>(reinterpret_cast<Ints>(m / (m + 2.0f)) | sign);
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

/// Lanes as a piece of a row of elements.
inline void store_row(float* to, Lanes x) {
  lanes(to) = x;
}
inline void store_row(Bf16* to, Lanes x) {
  *reinterpret_cast<Halves*>(to) = __builtin_convertvector(rounded(x) >> 16, Halves);
}
/// Two neighbouring rows of lanes as rows of words: one under the other for float, paired for bfloat16.
inline void store_pair(float* to, Lanes even, Lanes odd) {
  lanes(to) = even;
  lanes(to + kLanes) = odd;
}
inline void store_pair(Bf16* to, Lanes even, Lanes odd) {
  words(to) = (rounded(even) >> 16) | (rounded(odd) & 0xffff0000u);
}

inline Ints lane_numbers() {
  Ints numbers{};
  for (int64_t i = 0; i < kLanes; ++i) numbers[i] = static_cast<int32_t>(i);
  return numbers;
}

/// Lane i is lane from[i] of a, or of b, whose lanes are counted after a's. Lane numbers are constants once this is
/// inlined, so that Clang, which has no such function, makes one instruction of the loop too.
template <typename Vector>
[[gnu::always_inline]] inline Vector shuffled(Vector a, Vector b, Ints from) {
#ifdef __clang__
  Vector out{};
  for (int i = 0; i < kLanes; ++i) out[i] = from[i] < kLanes ? a[from[i]] : b[from[i] - kLanes];
  return out;
#else
  return __builtin_shuffle(a, b, from);
#endif
}

/// Where kDistance is not set in a lane's number, a's lane, else b's; with `swap`, of the lane that differs
/// in that bit.
template <int kDistance, bool kSwap, typename Vector>
inline Vector mixed(Vector a, Vector b) {
  const Ints own = lane_numbers(), from = kSwap ? own ^ kDistance : own;
  return shuffled(a, b, from + (own & kDistance) * static_cast<int32_t>(kLanes / kDistance));
}

/// Transposes [kLanes, kLanes] words.
template <int kDistance = kLanes / 2>
[[gnu::always_inline]] inline void transpose(Words* rows) {
  const Ints own = lane_numbers();
  const Ints to_low =
      (own ^ (own & kDistance)) + (own & kDistance) * static_cast<int32_t>(kLanes / kDistance);
  const Ints to_high = to_low + kDistance;
  for_each_number<kLanes / 2>([&](auto pair) {
    constexpr int i = pair.value / kDistance * 2 * kDistance + pair.value % kDistance;
    const Words a = rows[i], b = rows[i + kDistance];
    rows[i] = shuffled(a, b, to_low);
    rows[i + kDistance] = shuffled(a, b, to_high);
  });
  if constexpr (kDistance > 1) transpose<kDistance / 2>(rows);
}

/// Lane i is the sum of the lanes of rows[i].
template <int kDistance = kLanes / 2>
[[gnu::always_inline]] inline Lanes sums(const Lanes* rows) {
  Lanes half[kDistance];
  for_each_number<kDistance>([&](auto i) {
    const Lanes a = rows[i.value], b = rows[i.value + kDistance];
    half[i.value] = mixed<kDistance, false>(a, b) + mixed<kDistance, true>(a, b);
  });
  if constexpr (kDistance > 1) {
    return sums<kDistance / 2>(half);
  } else {
    return half[0];
  }
}

/// The largest lane, in all lanes.
template <int kDistance = kLanes / 2>
inline Lanes largest(Lanes x) {
  x = larger(x, shuffled(x, x, lane_numbers() ^ kDistance));
  if constexpr (kDistance > 1) return largest<kDistance / 2>(x);
  return x;
}

}  // namespace
}  // namespace selfreward
