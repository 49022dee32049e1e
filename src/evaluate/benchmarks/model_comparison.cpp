#include "evaluate/benchmarks/model_comparison.h"

#include "base/content_hash.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "data/record_file.h"

namespace selfreward {
namespace {

std::string answers_text(const ModelPair& pair) {
  std::string text;
  for (const AnswerPair& answers : pair.answers)
    text += to_line({answers.prompt_id, answers.prompt, answers.first, answers.second});
  return text;
}

ComparedAnswers compared(const ModelPair& pair, size_t i) {
  const AnswerPair& answers = pair.answers[i];
  return {std::nullopt,
          pair.categories[i],
          count_characters(answers.first),
          count_characters(answers.second),
          {}};
}

}  // namespace

ModelPair pair_models(const ModelOutputs& first, const ModelOutputs& second,
                      const std::vector<Instruction>& instructions) {
  std::map<std::string, std::string> categories;
  for (const Instruction& instruction : instructions) categories[instruction.text] = instruction.category;
  const MatchedOutputs matched = match_outputs(first, second);
  check(!matched.rows.empty(), "[evaluate] '", first.name, "' and '", second.name,
        "' have answered no instruction in common; were they made for the same file?");
  ModelPair pair{first.name, second.name, {}, {}, matched.only_first, matched.only_second};
  for (const auto& [a, b] : matched.rows) {
    const ModelOutput& row = first.rows[a];
    pair.answers.push_back({std::to_string(a + 1), row.instruction, row.output, second.rows[b].output});
    const auto found = categories.find(row.instruction);
    pair.categories.push_back(found == categories.end() ? row.dataset : found->second);
  }
  return pair;
}

Output comparisons_output(const PairwiseJudging& judging, const std::string& first, const std::string& second,
                          const fs::path& out, Json answers) {
  Json inputs = judging.inputs;
  inputs["answers"] = std::move(answers);
  return records_output(
      out / "comparisons" / (file_name_of(first) + "_vs_" + file_name_of(second) + ".jsonl"),
      std::move(inputs));
}

std::vector<Comparison> judge_pair(const ModelPair& pair, const PairwiseJudging& judging, int64_t shard_size,
                                   const EvaluationDir& out) {
  const Output output =
      comparisons_output(judging, pair.first, pair.second, out.path, content_hash(answers_text(pair)));
  return memo<Comparison>(output, out.overwrite, [&](RecordSink<Comparison>& sink) {
    log_line(str(judging.name, " compares ", pair.first, " with ", pair.second));
    compare_answers({judging.chat, judging.rubric, judging.params}, pair.answers, shard_size, sink);
  });
}

std::vector<ComparedAnswers> compared_answers(const ModelPair& pair,
                                              const std::vector<Comparison>& comparisons, bool weighted) {
  std::vector<ComparedAnswers> rows;
  for (size_t i = 0; i < comparisons.size(); ++i) {
    rows.push_back(compared(pair, i));
    rows.back().preference = preference_of(comparisons[i], weighted);
    rows.back().verdicts = comparisons[i].verdicts;
  }
  return rows;
}

std::vector<ComparedAnswers> compared_by_gold(const ModelPair& pair, const GoldScorer& gold) {
  std::vector<ComparedAnswers> rows;
  for (size_t i = 0; i < pair.answers.size(); ++i) {
    const AnswerPair& answers = pair.answers[i];
    rows.push_back(compared(pair, i));
    rows.back().preference =
        win_rate({{gold.score(answers.prompt, answers.first), gold.score(answers.prompt, answers.second)}})
            .rate();
  }
  return rows;
}

std::vector<Annotation> annotations_of(const ModelPair& pair, const std::vector<Comparison>& comparisons,
                                       const PairwiseJudging& judging) {
  std::vector<Annotation> annotations;
  for (size_t i = 0; i < comparisons.size(); ++i) {
    const AnswerPair& answers = pair.answers[i];
    const auto preference = preference_of(comparisons[i], judging.weighted);
    annotations.push_back({answers.prompt, answers.first, pair.first, answers.second, pair.second,
                           pair.categories[i], judging.name,
                           preference ? std::optional(2 - *preference) : std::nullopt,
                           Json{comparisons[i].reply_shown_first, comparisons[i].reply_shown_second}});
  }
  return annotations;
}

Json pair_summary(const ModelPair& pair, const std::vector<ComparedAnswers>& answers, const Seed& seed) {
  Json summary{{"a", pair.first}, {"b", pair.second}};
  summary.update(head_to_head(answers, seed.child(pair.first, pair.second)));
  summary["only_a"] = pair.only_first;
  summary["only_b"] = pair.only_second;
  return summary;
}

}  // namespace selfreward
