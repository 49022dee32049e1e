#include "app/evaluate/pairwise_options.h"

#include "app/evaluate/model_names.h"
#include "base/content_hash.h"
#include "base/progress.h"
#include "base/shipped_files.h"
#include "run/outputs.h"

namespace selfreward {
namespace {

constexpr int64_t kTopLogprobs = 5;

PairwiseJudging pairwise_judging(const PairwiseOptions& options, const SamplingSettings& sampling,
                                 Judge& judge) {
  PairwiseJudging judging{.name = judge.name(),
                          .chat = judge.chat(),
                          .rubric = PairwiseRubric::load(options.rubric_file()),
                          .params = {},
                          .weighted = options.weighted,
                          .inputs = judge.inputs()};
  judging.inputs["rubric"] = file_hash(options.rubric_file());
  judging.inputs["weighted"] = options.weighted;
  judging.params.sampling = sampling;
  judging.params.top_logprobs = options.weighted ? kTopLogprobs : 0;
  judging.params.is_choice = is_verdict_token;
  return judging;
}

}  // namespace

void PairwiseOptions::add_to(Command command) {
  judge.add_to(command);
  add_overwrite(command, overwrite);
  command
      .add_option("--rubric", rubric,
                  "the judge's prompt (rubrics/pairwise.yaml; rubrics/pairwise_letter.yaml with --weighted)")
      .existing_or_shipped("rubrics");
  command.add_flag("--weighted", weighted,
                   "preferences from the probabilities of the verdict, not the verdict alone");
}

std::string PairwiseOptions::rubric_file() const {
  if (!rubric.empty()) return rubric;
  return or_shipped(weighted ? "rubrics/pairwise_letter.yaml" : "rubrics/pairwise.yaml");
}

PairwiseJudge::PairwiseJudge(const PairwiseOptions& options, const RunConfig& config, const fs::path& out)
    : judge(options.judge, config, out / "endpoint.jsonl"),
      judging(pairwise_judging(options, config.judge.sampling, judge)) {
  judging.params.is_last_line = [this](std::string_view line) {
    return is_verdict_line(line, judging.rubric);
  };
}

CommandSettings pairwise_settings(const std::string& command) {
  return {command,
          {"seed", "evaluate.sampling.", "judge.sampling.", "generation.", "model.device", "model.dtype",
           "model.chat_template_"}};
}

bool approve(const PairwiseJudge& by, const std::vector<ModelPair>& pairs) {
  std::vector<ChatQuestion> questions;
  for (const ModelPair& pair : pairs)
    for (ChatQuestion& question : comparison_questions(by.judging.rubric, pair.answers))
      questions.push_back(std::move(question));
  return by.judge.approve(questions, by.judging.params);
}

std::vector<std::string> compared_names(const std::vector<std::string>& models,
                                        const std::vector<Instruction>& instructions) {
  std::vector<std::string> names;
  ModelNames known;
  for (const std::string& model : models) {
    names.push_back(outputs_name(model, instructions));
    check_new_name(known, names.back(), "rename a file, a directory or a generator");
  }
  return names;
}

void check_pairwise_outputs(const RunConfig& config, const PairwiseJudging& judging,
                            const std::vector<std::string>& models,
                            const std::vector<Instruction>& instructions, const EvaluationDir& out) {
  std::vector<Output> outputs;
  const auto names = compared_names(models, instructions);
  for (const std::string& model : models) {
    if (!fs::is_directory(model)) continue;
    check_can_answer(config.model, model);
    outputs.push_back(answers_output(config, model, instructions, out.path));
  }
  for (size_t a = 0; a < names.size(); ++a)
    for (size_t b = a + 1; b < names.size(); ++b)
      outputs.push_back(comparisons_output(judging, names[a], names[b], out.path));
  check_outputs(outputs, out.overwrite);
}

std::vector<Instruction> instructions_of(const std::string& file, const std::string& category) {
  check(!file.empty() || category.empty(),
        "[evaluate] --category names a field of --instructions, which is missing");
  return file.empty() ? std::vector<Instruction>() : read_instructions(file, category);
}

void print_unpaired(const ModelPair& pair) {
  if (pair.only_first + pair.only_second > 0)
    log_line(str("  ", pair.only_first, " instructions were answered by ", pair.first, " alone, ",
                 pair.only_second, " by ", pair.second, " alone; they are not compared"));
}

}  // namespace selfreward
