#include "feedback/rouge.h"

#include <algorithm>

namespace selfreward {
namespace {

/// F as rouge_score computes it, operation by operation, so that a threshold cuts at the same place.
double f_measure(size_t common, size_t words_a, size_t words_b) {
  if (common == 0) return 0;
  const double precision = static_cast<double>(common) / static_cast<double>(words_a);
  const double recall = static_cast<double>(common) / static_cast<double>(words_b);
  return 2 * precision * recall / (precision + recall);
}

/// Longest common subsequences of one fixed text with many others, 64 positions at a time (Hyyro 2004): each
/// word of the vocabulary that the fixed text holds has a row of bits, one per position.
class CommonWords {
 public:
  CommonWords(const std::vector<int32_t>& ids, size_t vocabulary_size)
      : blocks_((ids.size() + 63) / 64), row_of_(vocabulary_size, kAbsent) {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] < 0) continue;  // a word that the pool does not know
      int32_t& row = row_of_[static_cast<size_t>(ids[i])];
      if (row == kAbsent) {
        row = static_cast<int32_t>(bits_.size());
        bits_.resize(bits_.size() + blocks_);
      }
      bits_[static_cast<size_t>(row) + i / 64] |= uint64_t{1} << (i % 64);
    }
    state_.resize(blocks_);
  }

  /// How many of `ids` the fixed text holds: at least the length of the common subsequence.
  size_t shared(const std::vector<int32_t>& ids) const {
    return static_cast<size_t>(std::count_if(
        ids.begin(), ids.end(), [&](int32_t id) { return row_of_[static_cast<size_t>(id)] != kAbsent; }));
  }

  size_t longest(const std::vector<int32_t>& ids) {
    std::fill(state_.begin(), state_.end(), ~uint64_t{0});
    for (const int32_t id : ids)
      if (const int32_t row = row_of_[static_cast<size_t>(id)]; row != kAbsent)
        step(&bits_[static_cast<size_t>(row)]);
    size_t zeros = 0;  // positions beyond the text have no bits in any row and stay one
    for (const uint64_t block : state_) zeros += static_cast<size_t>(__builtin_popcountll(~block));
    return zeros;
  }

 private:
  static constexpr int32_t kAbsent = -1;

  /// V = (V + (V & row)) | (V - (V & row)), with the carry of the sum passed from block to block.
  void step(const uint64_t* row) {
    bool carry = false;
    for (size_t block = 0; block < blocks_; ++block) {
      const uint64_t state = state_[block], hits = state & row[block];
      uint64_t sum = 0;
      const bool overflow = __builtin_add_overflow(state, hits, &sum);
      const bool carried = __builtin_add_overflow(sum, uint64_t{carry}, &sum);
      carry = overflow || carried;
      state_[block] = sum | (state & ~hits);
    }
  }

  size_t blocks_;
  std::vector<int32_t> row_of_;  // offset into bits_ by word id
  std::vector<uint64_t> bits_, state_;
};

}  // namespace

std::vector<std::string> rouge_words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char raw : text) {
    const char c = raw >= 'A' && raw <= 'Z' ? static_cast<char>(raw - 'A' + 'a') : raw;
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word && !inside) words.emplace_back();
    if (word) words.back() += c;
    inside = word;
  }
  return words;
}

void RougePool::add(std::string_view text) {
  std::vector<WordId> ids;
  for (const std::string& word : rouge_words(text))
    ids.push_back(vocabulary_.emplace(word, static_cast<WordId>(vocabulary_.size())).first->second);
  texts_.push_back(std::move(ids));
}

double RougePool::best_match(std::string_view text, double floor) const {
  std::vector<WordId> ids;
  for (const std::string& word : rouge_words(text)) {
    const auto known = vocabulary_.find(word);
    ids.push_back(known == vocabulary_.end() ? -1 : known->second);
  }
  CommonWords common(ids, vocabulary_.size());
  double best = 0;
  for (const auto& other : texts_) {
    const auto can_win = [&](size_t bound) {
      return f_measure(bound, ids.size(), other.size()) > std::max(best, floor);
    };
    if (!can_win(std::min(ids.size(), other.size())) || !can_win(std::min(ids.size(), common.shared(other))))
      continue;
    const double found = f_measure(common.longest(other), ids.size(), other.size());
    if (found > std::max(best, floor)) best = found;
  }
  return best;
}

}  // namespace selfreward
