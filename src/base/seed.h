#pragma once
// Randomness with an address. A Seed is a key; children are derived from names and numbers, and a draw
// depends on the key alone, never on what was drawn before or elsewhere:
//   const double u = seed.child("candidates", prompt_id, n).uniform(position);
#include <concepts>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <type_traits>
#include <vector>

namespace selfreward {

class Seed {
 public:
  /// `key` is any integer; a negative setting counts as the 64 bits that it is kept in.
  explicit Seed(std::integral auto key) : key_(mix(static_cast<uint64_t>(key))) {}

  /// The seed at the address key / part / part / ...; parts are strings or integers.
  template <typename Part, typename... Rest>
  Seed child(const Part& part, const Rest&... rest) const {
    Seed next(Raw{}, mix(key_ ^ digest(part)));
    if constexpr (sizeof...(rest) > 0) return next.child(rest...);
    return next;
  }

  /// 64 random bits at `index`.
  uint64_t bits(uint64_t index) const { return mix(key_ + (index + 1) * 0x9e3779b97f4a7c15ull); }
  /// A double in [0, 1) at `index`.
  double uniform(uint64_t index) const { return static_cast<double>(bits(index) >> 11) * 0x1.0p-53; }
  /// An integer in [0, n) at `index`; n > 0.
  uint64_t below(uint64_t index, uint64_t n) const {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(bits(index)) * n) >> 64);
  }
  uint64_t key() const { return key_; }

  /// A permutation of 0 .. n-1 (Fisher-Yates).
  std::vector<size_t> permutation(size_t n) const {
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), size_t{0});
    for (size_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(i, i)]);
    return order;
  }

 private:
  struct Raw {};
  Seed(Raw, uint64_t key) : key_(key) {}

  /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit changes half of the output.
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  template <typename Part>
  static uint64_t digest(const Part& part) {
    if constexpr (std::is_integral_v<Part>) {
      return mix(static_cast<uint64_t>(part) + 0x9e3779b97f4a7c15ull);
    } else {
      uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a
      for (const char c : std::string_view(part))
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
      return mix(hash);
    }
  }

  uint64_t key_;
};

}  // namespace selfreward
