#include "text/tokenizer/word_cache.h"

#include <mutex>

namespace selfreward {
namespace {

constexpr size_t kMaxWords = 1 << 17;
constexpr size_t kMaxBytes = 256;  // longer words hardly come twice

}  // namespace

size_t WordCache::slot_of(std::string_view word, uint64_t hash) const {
  const std::string_view words = words_;
  size_t at = hash & (slots_.size() - 1);
  for (; slots_[at].word_size > 0; at = (at + 1) & (slots_.size() - 1))
    if (slots_[at].hash == hash && words.substr(slots_[at].word, slots_[at].word_size) == word) break;
  return at;
}

bool WordCache::append_known(std::string_view word, TokenIds& ids) const {
  const uint64_t hash = StringHash()(word);
  const std::shared_lock lock(mutex_);
  if (slots_.empty()) return false;
  const Slot& slot = slots_[slot_of(word, hash)];
  if (slot.word_size == 0) return false;
  const auto first = tokens_.begin() + slot.tokens;
  ids.insert(ids.end(), first, first + slot.token_count);
  return true;
}

void WordCache::remember(std::string_view word, const TokenIds& tokens) {
  if (word.empty() || word.size() > kMaxBytes) return;
  const uint64_t hash = StringHash()(word);
  const std::unique_lock lock(mutex_);
  if (slots_.empty()) slots_.resize(2 * kMaxWords);
  Slot& slot = slots_[slot_of(word, hash)];
  if (slot.word_size > 0 || count_ == kMaxWords) return;
  slot = {hash, static_cast<uint32_t>(words_.size()), static_cast<uint32_t>(word.size()),
          static_cast<uint32_t>(tokens_.size()), static_cast<uint32_t>(tokens.size())};
  words_ += word;
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  ++count_;
}

}  // namespace selfreward
