// evaluate: what the models of a run, or any checkpoints, are worth.
#include <cstdio>

#include "app/commands.h"
#include "app/evaluate/model_names.h"
#include "app/evaluate/out_directory.h"
#include "base/paths.h"
#include "evaluate/benchmarks/evaluation.h"
#include "evaluate/benchmarks/model_answers.h"
#include "report/report.h"
#include "run/outputs.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::vector<std::string> models;
  std::string prompts, ranked, gold, rubric, pairwise_rubric, out;
  bool overwrite = false;
};

const CommandSettings kEvaluate{
    "evaluate",
    {"seed", "evaluate.", "judge.form", "judge.read", "judge.requirements", "judge.num_evals_to_average",
     "judge.sampling.", "judge.rubric", "data.eval_", "data.ranked", "data.held_out_share", "data.languages",
     "data.gold", "generation.", "model.device", "model.dtype", "model.chat_template_"},
    {"evaluate.enabled"}};

/// Command-line options are settings under a shorter name.
std::vector<std::string> as_overrides(const Options& options) {
  std::vector<std::string> overrides = options.config.overrides;
  const auto add = [&](const char* option, const char* key, const std::string& value) {
    if (!value.empty()) overrides.push_back(options.config.as_setting(option, key, value));
  };
  add("--prompts", "data.eval_prompts", options.prompts);
  add("--ranked", "data.eval_ranked", options.ranked);
  add("--gold", "data.gold", options.gold);
  add("--rubric", "judge.rubric", options.rubric);
  add("--pairwise-rubric", "evaluate.pairwise_rubric", options.pairwise_rubric);
  add("--out", "run_dir", options.out);
  return overrides;
}

void run_evaluate(const Options& options) {
  check(!options.models.empty() && !options.out.empty(),
        "[evaluate] --model DIR and --out DIR are needed, or one of the commands below `evaluate --help`");
  RunConfig config = load_config(options.config.file, as_overrides(options));
  options.config.check_read(kEvaluate);
  settle_date(config, RunPaths(config).settings(), options.overwrite);
  std::vector<NamedModel> models;
  ModelNames names;
  for (const std::string& dir : options.models) {
    models.push_back({directory_name(dir), dir});
    check_can_answer(config.model, dir);
    check_new_name(names, directory_name(dir), "rename a directory");
  }
  RunDirectory directory(config);
  check_holds_no_run(directory, options.out);
  const Rubric rubric = Rubric::load(config.judge.rubric);
  const SeedData data = read_seed_data(config);
  check_evaluation(config, data);
  check_evaluated_judges(config.judge, data, models, rubric);
  check_outputs(directory, evaluation_outputs(config, directory, models), options.overwrite);
  directory.keep_settings(config);
  write_seed_summary(directory, data);
  evaluate_models(config, directory, models, data, rubric);
  write_report(directory.root());
  std::printf("\n%s\nreport: %s\n", result_table(directory.root()).c_str(),
              fs::absolute(directory.report()).c_str());
}

}  // namespace

void add_evaluate(Command app) {
  auto options = std::make_shared<Options>();
  Command command =
      app.add_command("evaluate", "compare checkpoints: true scores, win rates, and how well they judge");
  command.allow_command();
  add_winrate(command);
  add_alpaca(command);
  add_leaderboard(command);
  add_mt_bench(command);
  add_ifeval(command);
  add_evaluate_reward(command);
  command.add_option("--model", options->models, "checkpoints; the last one judges head-to-head comparisons")
      .type_name("DIR REQUIRED");
  command
      .add_option("--prompts", options->prompts,
                  "prompts to answer: {id, prompt} rows (setting data.eval_prompts)")
      .existing_file();
  command.add_option("--ranked", options->ranked, "human-ranked answers to judge (setting data.eval_ranked)")
      .existing_file();
  command.add_option("--gold", options->gold, "rules of a true score (setting data.gold)").existing_file();
  command.add_option("--rubric", options->rubric, "the judge's prompt (setting judge.rubric)")
      .existing_or_shipped("rubrics");
  command
      .add_option("--pairwise-rubric", options->pairwise_rubric,
                  "head-to-head prompt (setting evaluate.pairwise_rubric)")
      .existing_or_shipped("rubrics");
  command
      .add_option("--out", options->out, "directory for answers, judgements, evaluation.json and report.html")
      .type_name("DIR REQUIRED");
  add_overwrite(command, options->overwrite);
  options->config.add_to(command);
  command.callback([options, command] {
    if (command.has_command()) return;
    if (options->models.empty()) command.miss("--model");
    if (options->out.empty()) command.miss("--out");
    run_evaluate(*options);
  });
}

}  // namespace selfreward
