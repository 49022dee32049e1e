#pragma once
// MT-Bench of one model: answers in two turns, then gradings; both are kept and not made again.
#include "base/output.h"
#include "config/config.h"
#include "evaluate/benchmarks/model_answers.h"
#include "evaluate/benchmarks/mt_bench.h"

namespace selfreward {

/// `out`/model_answer/NAME.jsonl.
Output mt_bench_answers_output(const RunConfig& config, const fs::path& model,
                               const std::vector<MtBenchQuestion>& questions, const fs::path& out);

/// Made where it is not there; each turn by the temperature of its category, at most 1024 tokens.
std::vector<MtBenchAnswer> mt_bench_answers(const RunConfig& config, const fs::path& model,
                                            const std::vector<MtBenchQuestion>& questions,
                                            const EvaluationDir& out);

struct MtBenchJudging {
  std::string name;  // of the judge
  Chat chat;
  MtBenchRubric rubric;
  ChatParams params;
  Json inputs;  // judge, rubric
};

/// Greedy, at most 2048 tokens.
ChatParams mt_bench_judge_params();

/// The questions that grade every turn that was answered.
std::vector<ChatQuestion> grading_questions(const MtBenchRubric& rubric,
                                            const std::vector<MtBenchQuestion>& questions,
                                            const std::vector<MtBenchAnswer>& answers);

/// `out`/gradings/NAME.jsonl; the answers are null among its inputs where they are not there yet.
Output mt_bench_grades_output(const std::string& model, const std::vector<MtBenchQuestion>& questions,
                              const MtBenchJudging& judging, const fs::path& out, Json answers = nullptr);

/// Kept there and put into `out`/model_judgment/JUDGE_single.jsonl beside those of other models.
std::vector<MtBenchGrade> mt_bench_grades(const GenerationSettings& generation,
                                          const std::vector<MtBenchQuestion>& questions,
                                          const std::vector<MtBenchAnswer>& answers,
                                          const MtBenchJudging& judging, const EvaluationDir& out);

}  // namespace selfreward
