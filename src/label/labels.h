#pragma once
// What a person says about answers, click by click, and what it comes to. Pure but for the file that keeps it.
#include <map>
#include <optional>
#include <tuple>

#include "data/records.h"

namespace selfreward {

/// How answers are labelled: "ranks" (1 is the best, equal numbers are ties), "scores" (0 to 5), or "verdicts" (yes or no
/// to each requirement of the prompt).
struct LabelTasks {
  std::string form;
  std::vector<Prompt> prompts;
  std::map<std::string, std::vector<Candidate>> answers;  // by prompt, in the order of their indices
  bool general_list = false;  // all prompts have the same requirements, so that a place says which one it is
};

/// The prompts that have what `form` asks about; the others are counted: "no_answers", "fewer_than_two_answers" (of
/// ranks), "no_requirements" (of verdicts). A candidate of an unknown prompt, or twice, is an Error.
LabelTasks label_tasks(const std::string& form, const std::vector<Prompt>& prompts,
                       const std::vector<Candidate>& candidates, std::map<std::string, int64_t>& dropped);

/// The requirements of a prompt as texts.
std::vector<std::string> wordings_of(const Prompt& prompt);

/// One click: a value of one answer, or of one requirement of it; without a value it takes back what was said. With
/// `skipped` alone the prompt is passed over.
struct Label {
  std::string prompt_id;
  int64_t index = 0;
  int64_t requirement = 0;      // its place, of verdicts
  std::optional<double> value;  // rank, score, or 1 (yes) and 0 (no)
  std::optional<bool> skipped;
};
void to_json(Json& json, const Label& label);
/// Throws Error where a place is no whole number, or a label that passes over says more; and, as of all records, what
/// the JSON library throws where a key is missing or of another type.
void from_json(const Json& json, Label& label);

/// All that was said of some tasks; of two clicks on one thing the later one counts.
class Labels {
 public:
  explicit Labels(const LabelTasks& tasks) : tasks_(tasks) {}

  /// Throws Error where the label is of an answer or a requirement that is not there, or its value is none that the form
  /// has.
  void check_fits(const Label& label) const;
  /// Errors are those of check_fits, and nothing is taken then.
  void add(const Label& label);

  const std::vector<Label>& all() const { return clicks_; }
  int64_t changed() const { return changed_; }  // clicks that said something else than one before them
  /// Prompts that are labelled whole, or passed over.
  int64_t done() const;
  bool is_done(const Prompt& prompt) const { return skipped_.count(prompt.id) > 0 || is_whole(prompt); }
  /// Prompts that are labelled whole, as ranked answers: by rank, by score, or by the weighted share of requirements met.
  std::vector<RankedAnswers> ranked() const;
  /// Every verdict that was given, without evidence, but those of prompts that were passed over in the end.
  std::vector<VerdictRow> verdicts() const;

 private:
  using Place = std::tuple<std::string, int64_t, int64_t>;
  bool is_whole(const Prompt& prompt) const;
  std::vector<double> goodness(const Prompt& prompt) const;

  const LabelTasks& tasks_;
  std::vector<Label> clicks_;
  std::map<Place, double> values_;
  std::map<std::string, bool> skipped_;
  int64_t changed_ = 0;
};

}  // namespace selfreward
