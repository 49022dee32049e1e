// evaluate mt-bench: two-turn questions, graded from 1 to 10.
#include <cstdio>

#include "app/evaluate/judge_options.h"
#include "app/evaluate/out_directory.h"
#include "base/content_hash.h"
#include "base/paths.h"
#include "base/progress.h"
#include "base/shipped_files.h"
#include "evaluate/benchmarks/model_answers.h"
#include "evaluate/benchmarks/mt_bench_run.h"
#include "run/outputs.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  JudgeOptions judge;
  std::string model, questions, references, rubric = "rubrics/mt_bench.yaml", out;
  bool overwrite = false;
};

std::vector<MtBenchQuestion> questions_of(const Options& options) {
  auto questions = read_mt_bench_questions(options.questions);
  if (!options.references.empty()) add_references(questions, options.references);
  int64_t without = 0;
  for (const MtBenchQuestion& question : questions)
    without += is_graded_by_reference(question.category) && question.reference.empty();
  if (without > 0)
    log_line(str(without,
                 " questions of math, reasoning and coding are graded without a reference answer, which "
                 "is not MT-Bench's way; --reference-answers names them"));
  return questions;
}

void print_unanswered(const std::vector<MtBenchQuestion>& questions,
                      const std::vector<MtBenchAnswer>& answers) {
  int64_t turns = 0;
  for (const MtBenchQuestion& question : questions) turns += std::ssize(question.turns);
  for (const MtBenchAnswer& answer : answers) turns -= std::ssize(answer.turns);
  if (turns > 0) log_line(str(turns, " turns did not fit the model's context and have no answer"));
}

const CommandSettings kMtBench{
    "evaluate mt-bench", {"seed", "generation.", "model.device", "model.dtype", "model.chat_template_"}};

void run_mt_bench(const Options& options) {
  RunConfig config = options.config.load(kMtBench);
  settle_date(config, options.out, options.overwrite);
  const fs::path out = made_out_directory(options.out);
  const OutputLock lock(out / "");
  const auto questions = questions_of(options);
  const MtBenchRubric rubric = MtBenchRubric::load(options.rubric);
  check_can_answer(config.model, options.model);
  Judge judge(options.judge, config, out / "endpoint.jsonl");
  MtBenchJudging judging{judge.name(), judge.chat(), rubric, mt_bench_judge_params(), judge.inputs()};
  const Json all = judge.inputs();
  for (const auto& [key, value] : all.items())
    if (key.starts_with("judge.sampling.")) judging.inputs.erase(key);  // the gradings are greedy
  judging.inputs["rubric"] = file_hash(options.rubric);
  check_outputs({mt_bench_answers_output(config, options.model, questions, out),
                 mt_bench_grades_output(directory_name(options.model), questions, judging, out)},
                options.overwrite);
  const auto answers = mt_bench_answers(config, options.model, questions, {out, options.overwrite});
  print_unanswered(questions, answers);
  if (!judge.approve(grading_questions(rubric, questions, answers), judging.params)) return;
  const auto grades =
      mt_bench_grades(config.generation, questions, answers, judging, {out, options.overwrite});
  const Json summary = mt_bench_summary(questions, grades);
  const fs::path file = out / ("mt_bench_" + directory_name(options.model) + ".json");
  write_file_atomically(file, summary.dump(2) + "\n");
  std::printf("%s\n%s\n", mt_bench_table(summary).c_str(), fs::absolute(file).c_str());
}

}  // namespace

void add_mt_bench(Command evaluate) {
  auto options = std::make_shared<Options>();
  Command command =
      evaluate.add_command("mt-bench", "two-turn questions, graded from 1 to 10; FastChat's files");
  command.add_option("--model", options->model, "checkpoint that answers").required().existing_directory();
  command.add_option("--questions", options->questions, "FastChat's question.jsonl")
      .required()
      .existing_file();
  command
      .add_option("--reference-answers", options->references,
                  "FastChat's reference_answer file, for math, reasoning and coding")
      .existing_file();
  command.add_option("--rubric", options->rubric, "the judge's prompts")
      .existing_or_shipped("rubrics")
      .show_default();
  options->judge.add_to(command);
  add_overwrite(command, options->overwrite);
  command
      .add_option("--out", options->out, "directory for model_answer, model_judgment and the table as JSON")
      .required()
      .type_name("DIR");
  options->config.add_to(command);
  command.callback([options] {
    options->rubric = or_shipped(options->rubric);  // the default one
    run_mt_bench(*options);
  });
}

}  // namespace selfreward
