#pragma once
// The tokens of words seen before: most words of a text are old ones.
#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "data/records.h"

namespace selfreward {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

/// The tokens of frequent words; safe to use from several threads.
class WordCache {
 public:
  /// Appends the tokens of `word` to `ids` if it is known.
  bool append_known(std::string_view word, TokenIds& ids) const;
  void remember(std::string_view word, TokenIds tokens);

 private:
  mutable std::shared_mutex mutex_;
  StringMap<TokenIds> words_;
};

}  // namespace selfreward
