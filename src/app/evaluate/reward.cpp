// evaluate reward: checkpoints as judges, under rubrics, on ranked answers.
#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/evaluate/out_directory.h"
#include "base/paths.h"
#include "base/progress.h"
#include "base/text_util.h"
#include "data/contradictions.h"
#include "data/pairs_as_ranked.h"
#include "data/unique_ids.h"
#include "evaluate/benchmarks/gold_ranks.h"
#include "evaluate/benchmarks/model_answers.h"
#include "evaluate/benchmarks/reward_evaluation.h"
#include "run/load_policy.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::vector<std::string> models, rubrics, scores{"samples"};
  std::string ranked, prompts, candidates, reference, gold, out;
  bool overwrite = false;
};

const CommandSettings kReward{
    "evaluate reward",
    {"seed", "judge.num_evals_to_average", "judge.requirements", "judge.sampling.", "judge.rubric",
     "data.gold", "data.languages", "dpo.beta", "dpo.train.micro_batch_tokens", "generation.", "model.device",
     "model.dtype", "model.chat_template_"}};

/// What greedy replies have no use for.
const std::vector<std::string> kOfSamples{"judge.num_evals_to_average", "judge.sampling.temperature",
                                          "judge.sampling.top_p", "judge.sampling.top_k"};

/// Names of the table and of files: the last part of each path, which must differ.
template <typename Name>
void check_names_differ(const std::vector<std::string>& paths, const char* what, Name name) {
  for (size_t i = 0; i < paths.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      check(name(paths[i]) != name(paths[j]), "[evaluate] two ", what, " are called '", name(paths[i]),
            "': ", paths[j], " and ", paths[i], "; rename one");
}

RunConfig config_of(const Options& options) {
  std::vector<std::string> overrides = options.config.overrides;
  const auto add = [&](const char* option, const char* key, const std::string& value) {
    if (!value.empty()) overrides.push_back(options.config.as_setting(option, key, value));
  };
  add("--out", "run_dir", options.out);
  add("--ranked", "data.eval_ranked", options.ranked);
  add("--gold", "data.gold", options.gold);
  for (const std::string& file : options.rubrics) options.config.as_setting("--rubric", "judge.rubric", file);
  RunConfig config = load_config(options.config.file, overrides);
  CommandSettings read = kReward;
  if (std::none_of(options.scores.begin(), options.scores.end(), is_sampled))
    read.command += " --scores " + joined(options.scores, ","), read.but = kOfSamples;
  options.config.check_read(read);
  settle_date(config, options.out, options.overwrite);
  return config;
}

/// Human ranks or preferences, or a model's own answers in the order of the true score.
Filtered<RankedAnswers> ranked_answers(const Options& options, const DataSettings& data) {
  const bool own = !options.candidates.empty() || !options.prompts.empty();
  check(
      own != !options.ranked.empty(),
      "[evaluate] what is judged? Give --ranked FILE, or --prompts FILE with --candidates FILE and --gold FILE");
  if (!own) {
    auto read = read_ranked_or_pairs(options.ranked, data.languages);
    auto ranked = without_contradictions(std::move(read.records));
    add_left_out(ranked, read);
    check(!ranked.records.empty(), "[evaluate] ", options.ranked,
          " has no ranked answers that are kept; left out: ", left_out_text(ranked));
    return ranked;
  }
  check(
      !options.candidates.empty() && !options.prompts.empty() && !data.gold.empty(),
      "[evaluate] --prompts, --candidates and --gold belong together: the rules say which answers are better");
  auto ranked = ranked_by_gold(read_prompts(options.prompts), read_jsonl<Candidate>(options.candidates),
                               GoldScorer::load(data.gold));
  check(!ranked.records.empty(), "[evaluate] no answers of ", options.candidates,
        " can be judged: left out are ", counts_text(ranked.dropped), "; does ", data.gold,
        " name the file of these prompts?");
  return ranked;
}

void run_evaluate_reward(const Options& options) {
  const RunConfig config = config_of(options);
  RewardEvaluation evaluation{{}, {}, options.scores, options.reference};
  const std::vector<std::string> rubrics =
      options.rubrics.empty() ? std::vector{config.judge.rubric} : options.rubrics;
  check_names_differ(options.models, "models", directory_name);
  check_names_differ(rubrics, "rubrics",
                     [](const std::string& file) { return fs::path(file).stem().string(); });
  for (const std::string& dir : options.models) {
    check(directory_name(dir) != "reference", "[evaluate] a model must not be called 'reference'; rename ",
          dir);
    evaluation.models.push_back({directory_name(dir), dir});
    check_can_answer(config.model, dir);
  }
  if (!options.reference.empty()) check_can_answer(config.model, options.reference);
  for (const std::string& file : rubrics) evaluation.rubrics.push_back(file);
  const auto ranked = ranked_answers(options, config.data);
  if (!ranked.dropped.empty())
    log_line(str(options.ranked.empty() ? options.candidates : options.ranked,
                 ": left out: ", left_out_text(ranked)));
  check_holds_no_run(RunPaths(config), options.out);
  RunDirectory directory(config);
  const Json summary = evaluate_rewards(config, directory, evaluation, ranked.records, options.overwrite);
  std::printf("\n%s\nwrote %s\n", reward_tables(summary).c_str(),
              directory.reward_summary().string().c_str());
}

}  // namespace

void add_evaluate_reward(Command evaluate) {
  auto options = std::make_shared<Options>();
  Command command = evaluate.add_command(
      "reward",
      "judges against human ranks or a true score: the paper's metrics with intervals, what each score means");
  command.add_option("--model", options->models, "checkpoints that judge").required().type_name("DIR");
  command.add_option("--ranked", options->ranked, "ranked answers or preference pairs (docs/formats.md)")
      .existing_path();
  command.add_option("--prompts", options->prompts, "instead, with --candidates and --gold: the prompts")
      .existing_file();
  command
      .add_option("--candidates", options->candidates,
                  "what `generate` wrote: a model's own answers, ranked by the true score")
      .existing_file();
  command
      .add_option("--rubric", options->rubrics,
                  "judge's prompts, each with every model (setting judge.rubric where none is given)")
      .existing_or_shipped("rubrics");
  command
      .add_option(
          "--scores", options->scores,
          "how scores are read: samples (mean of judge.num_evals_to_average replies), greedy, expected "
          "(sum of score * probability where a greedy reply writes its score or verdict), expected_samples (mean "
          "of that over judge.num_evals_to_average replies)")
      .comma_separated()
      .one_of({std::begin(kScoreKinds), std::end(kScoreKinds)});
  command
      .add_option("--reference", options->reference,
                  "also DPO's implicit reward of each model against this checkpoint (setting dpo.beta)")
      .type_name("DIR")
      .existing_directory();
  command
      .add_option("--gold", options->gold,
                  "rules of a true score: for the calibration, and to rank --candidates (setting data.gold)")
      .existing_file();
  command.add_option("--out", options->out, "directory for replies and reward.json")
      .required()
      .type_name("DIR");
  add_overwrite(command, options->overwrite);
  options->config.add_to(command);
  command.callback([options] { run_evaluate_reward(*options); });
}

}  // namespace selfreward
