#include "text/word_cache.h"

#include <mutex>

namespace selfreward {
namespace {

constexpr size_t kMaxWords = 1 << 17;
constexpr size_t kMaxBytes = 256;  // longer words hardly come twice

}  // namespace

bool WordCache::append_known(std::string_view word, TokenIds& ids) const {
  const std::shared_lock lock(mutex_);
  const auto found = words_.find(word);
  if (found == words_.end()) return false;
  ids.insert(ids.end(), found->second.begin(), found->second.end());
  return true;
}

void WordCache::remember(std::string_view word, TokenIds tokens) {
  if (word.size() > kMaxBytes) return;
  const std::unique_lock lock(mutex_);
  if (words_.size() < kMaxWords) words_.emplace(word, std::move(tokens));
}

}  // namespace selfreward
