#pragma once
// The tokens of words seen before: most words of a text are old ones.
#include <cstdint>
#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/records.h"

namespace selfreward {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

/// The tokens of frequent words; safe to use from several threads. Words and ids lie side by side, so that
/// finding one reads three places in memory.
class WordCache {
 public:
  /// Appends the tokens of `word` to `ids` if it is known.
  bool append_known(std::string_view word, TokenIds& ids) const;
  void remember(std::string_view word, const TokenIds& tokens);

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t word = 0, word_size = 0;      // in words_; size 0 where the slot is free
    uint32_t tokens = 0, token_count = 0;  // in tokens_
  };
  /// The slot of the word, or the free one where it belongs.
  size_t slot_of(std::string_view word, uint64_t hash) const;

  mutable std::shared_mutex mutex_;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::string words_;
  TokenIds tokens_;
  size_t count_ = 0;
};

}  // namespace selfreward
