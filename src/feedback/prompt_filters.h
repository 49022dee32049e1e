#pragma once
// New prompts the way Self-Instruct makes them (Wang et al. 2023), which the paper follows: a numbered list
// of tasks is shown, the model goes on with the list, and rules throw out what is no good task.
//   const auto shown = few_shot_text("Come up with a series of tasks:", eight_prompts);  // ends with "\n9."
//   for (auto& task : parse_new_prompts(reply, finish_reason))
//     if (!filter.reject_reason(task)) filter.add(task);
#include <optional>
#include <unordered_set>

#include "base/regex.h"
#include "data/records.h"
#include "feedback/rouge.h"

namespace selfreward {

/// "{header}\n1. ...\n2. ...\n{n+1}.": every task on one line, without a colon at its end.
std::string few_shot_text(std::string_view header, const std::vector<std::string>& shots);

/// The tasks of a completion of few_shot_text: the first up to the next "\n<number>. ", and so on. White
/// space is collapsed, empty ones are left out, and the last one is dropped where the length limit cut it.
std::vector<std::string> parse_new_prompts(const std::string& completion, FinishReason finish_reason);

/// Self-Instruct's limits. Words are what white space separates.
struct PromptLimits {
  size_t min_words = 4;
  size_t max_words = 150;
  /// Largest ROUGE-L F against any prompt of the pool; 1 drops exact copies only.
  double rouge_threshold = 0.7;
  /// Whole words or phrases, in any case, that ask for what a text model cannot see or do. Empty: no such
  /// rule.
  std::vector<std::string> keywords = {"image", "images", "graph", "graphs", "picture", "pictures", "file",
                                       "files", "map",    "maps",  "draw",   "plot",    "go to"};
};

/// The rules, and the pool of prompts (the seeds and all that were accepted) that a new one must differ from.
class PromptFilter {
 public:
  /// Throws Error when the limits contradict themselves.
  explicit PromptFilter(PromptLimits limits = {});

  /// Why `text` may not join the pool; the first that applies of "too_short", "too_long", "keyword",
  /// "starts_with_write_a_program", "starts_with_punctuation", "starts_with_non_ascii", "duplicate",
  /// "similar".
  std::optional<std::string> reject_reason(const std::string& text) const;

  /// Puts a prompt into the pool, unchecked.
  void add(const std::string& text);

 private:
  PromptLimits limits_;
  std::optional<Regex> keywords_;
  std::unordered_set<std::string> texts_;
  RougePool pool_;
};

}  // namespace selfreward
