#pragma once
// ROUGE-L (Lin 2004) as Self-Instruct uses it to keep new prompts apart: the F-measure of the longest common
// subsequence of words, without stemming, words cut as the rouge_score package cuts them.
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace selfreward {

/// The lower-cased runs of ASCII letters and digits; everything else separates. A text in another script has
/// none.
std::vector<std::string> rouge_words(std::string_view text);

/// The texts that a new one is compared with; thousands of comparisons per millisecond.
class RougePool {
 public:
  void add(std::string_view text);

  /// The largest ROUGE-L F, 0 .. 1, of `text` against the pool if it is above `floor`, else 0. A floor
  /// saves work: texts whose length or shared words rule it out are skipped.
  double best_match(std::string_view text, double floor = 0) const;

 private:
  using WordId = int32_t;
  std::unordered_map<std::string, WordId> vocabulary_;
  std::vector<std::vector<WordId>> texts_;
};

}  // namespace selfreward
