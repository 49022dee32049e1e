#include "run/outputs.h"

#include <algorithm>

#include "base/text_util.h"

namespace selfreward {
namespace {

std::vector<std::string> joined_lists(std::vector<std::string> first,
                                      const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// The inputs of a stage with a model: its own settings, those of every model, and the seed data's.
StageInputs model_stage(const RunConfig& config, const std::vector<std::string>& settings) {
  return StageInputs(config).settings(joined_lists(kModelSettings, settings));
}

StageInputs training_stage(const RunConfig& config, const std::vector<std::string>& settings) {
  return StageInputs(config).settings(joined_lists(kTrainingSettings, settings));
}

/// What seed data and its split into training and evaluation depend on.
StageInputs& add_seed_data(StageInputs& inputs, const RunConfig& config) {
  return inputs.settings({"data.", "eft.max_prompts"})
      .files("data.ift", config.data.ift)
      .files("data.ranked", config.data.ranked)
      .file("data.eval_ranked", config.data.eval_ranked);
}

/// What the ranked answers of the evaluation depend on.
StageInputs& add_held_out_data(StageInputs& inputs, const RunConfig& config) {
  if (!config.data.eval_ranked.empty()) return inputs.file("data.eval_ranked", config.data.eval_ranked);
  return inputs.settings({"data.held_out_share", "data.languages"}).files("data.ranked", config.data.ranked);
}

/// What its prompts depend on.
StageInputs& add_evaluation_prompts(StageInputs& inputs, const RunConfig& config) {
  inputs.settings({"evaluate.max_prompts"});
  if (config.data.eval_prompts.empty()) return add_held_out_data(inputs, config);
  return inputs.file("data.eval_prompts", config.data.eval_prompts);
}

/// What scores of the run's judge depend on, without the model.
StageInputs& add_judge(StageInputs& inputs, const RunConfig& config) {
  if (config.judge.kind == "gold") inputs.gold(config.data.gold);
  return inputs.settings({"judge."}).file("judge.rubric", config.judge.rubric);
}

/// What early stopping chooses a model by.
StageInputs& add_early_stopping(StageInputs& inputs, const RunConfig& config) {
  if (config.dpo.eval_judge == "gold") inputs.gold(config.data.gold);
  return add_judge(inputs, config)
      .settings({"evaluate.sampling."})
      .file("dpo.eval_prompts", config.dpo.eval_prompts)
      .file("evaluate.pairwise_rubric", config.evaluate.pairwise_rubric);
}

/// The examples of M1's training, which later ones may replay.
StageInputs& add_sft_data(StageInputs& inputs, const RunConfig& config, const RunPaths& run) {
  return add_seed_data(inputs.settings({"sft.train_on"}), config)
      .file("seed/eft.jsonl", run.seed_records("eft"));
}

/// What a file of the run is called in messages: "M1/candidates.jsonl".
std::string name_in(const RunPaths& run, const fs::path& file) {
  return file.lexically_relative(run.root()).string();
}

Output run_records(const RunPaths& run, const fs::path& records, const StageInputs& inputs) {
  Output output = records_output(records, inputs);
  output.name = name_in(run, records);
  return output;
}

/// Whether `path` is one of an output's own, or lies inside of one.
bool belongs_to(const fs::path& path, const Output& output) {
  const std::string text = path.lexically_normal().string();
  return std::any_of(output.paths.begin(), output.paths.end(), [&](const fs::path& own) {
    const std::string outer = own.lexically_normal().string();
    return text == outer || text.starts_with(outer + "/");
  });
}

bool is_made_from(const Output& output, const Output& source) {
  return belongs_to(output.paths.front(), source) ||
         std::any_of(output.sources.begin(), output.sources.end(),
                     [&](const fs::path& path) { return belongs_to(path, source); });
}

/// The name of the output that a monitor has looked at: M1's candidates -> M1/candidates.jsonl.
std::string watched_output(const RunPaths& run, const Json& warning) {
  const std::string stage = warning.value("stage", "");
  const int64_t t = warning.value("round", int64_t{0});
  if (model_number(stage) || stage == "sft_baseline") return stage;  // a training
  if (stage == "pairs") return name_in(run, run.round_records(t, "preferences"));
  if (stage == "judge") return name_in(run, run.evaluation_records(model_name(t), "judgements"));
  return name_in(run, run.round_records(t, stage));
}

/// Removes what was concluded from outputs that are made again; the loop concludes it anew.
void forget_conclusions(const RunPaths& run, const std::vector<std::string>& made_again) {
  if (made_again.empty()) return;
  for (const fs::path& file : {run.evaluation_summary(), run.report()}) fs::remove(file);
  std::vector<Json> kept = read_warnings(run.warnings());
  std::erase_if(kept, [&](const Json& warning) {
    return std::count(made_again.begin(), made_again.end(), watched_output(run, warning)) > 0;
  });
  write_warnings(run.warnings(), kept);
}

}  // namespace

Output baseline_output(const RunConfig& config, const RunPaths& run) {
  StageInputs inputs = training_stage(config, {"sft.", "eft.baseline_max_steps"});
  add_seed_data(inputs, config).checkpoint("M0", run.model(0));
  return model_output("sft_baseline", run.sft_baseline(), run.training("sft_baseline").dir, inputs);
}

Output baseline_judgements_output(const RunConfig& config, const RunPaths& run) {
  StageInputs inputs = model_stage(config, {"eft.sampling."});
  add_seed_data(inputs, config)
      .file("judge.rubric", config.judge.rubric)
      .checkpoint("sft_baseline", run.sft_baseline());
  return run_records(run, run.baseline_records("judgements"), inputs);
}

Output eft_output(const RunConfig& config, const RunPaths& run) {
  StageInputs inputs = StageInputs(config).settings({"eft."});
  add_seed_data(inputs, config).files("data.eft", config.data.eft).file("judge.rubric", config.judge.rubric);
  if (config.eft.source == "self") inputs.file("judgements", run.baseline_records("judgements"));
  return run_records(run, run.seed_records("eft"), inputs);
}

Output first_model_output(const RunConfig& config, const RunPaths& run) {
  StageInputs inputs = training_stage(config, {"sft."});
  add_sft_data(inputs, config, run).checkpoint("M0", run.model(0));
  if (config.eft.eval_steps > 0)
    inputs.settings(joined_lists(kJudgeSettings, {"eft.eval_steps", "eft.early_stopping_patience"}))
        .file("judge.rubric", config.judge.rubric)
        .file("eft.eval_data", config.eft.eval_data);
  return model_output(model_name(1), run.model(1), run.training(1).dir, inputs);
}

Output prompts_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  const PromptSettings& prompts = config.prompts;
  StageInputs inputs = StageInputs(config).settings({"prompts."});
  const auto output = [&] { return run_records(run, run.round_records(t, "prompts"), inputs); };
  if (!prompts.file.empty()) {
    inputs.file("prompts.file", prompts.file);
    return output();
  }
  add_seed_data(inputs.settings(kModelSettings), config);
  for (int64_t earlier = 1; earlier < t; ++earlier)
    inputs.file(str("prompts of round ", earlier), run.round_records(earlier, "prompts"));
  inputs.checkpoint("prompts.source", prompts.source == "self" ? run.model(t)
                                      : prompts.source == "M0" ? run.model(0)
                                                               : fs::path(prompts.source));
  return output();
}

Output checklists_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  StageInputs inputs =
      model_stage(config, {"judge.requirements", "judge.max_requirements", "judge.sampling."});
  inputs.file("judge.rubric", config.judge.rubric)
      .checkpoint("writer", run.model(config.judge.requirements == "self" ? t : 0))
      .file("prompts", run.round_records(t, "prompts"));
  return run_records(run, run.round_records(t, "checklists"), inputs);
}

Output held_out_checklists_output(const RunConfig& config, const RunPaths& run) {
  StageInputs inputs = model_stage(config, {"judge.max_requirements", "judge.sampling."});
  add_held_out_data(inputs, config).file("judge.rubric", config.judge.rubric).checkpoint("M0", run.model(0));
  return run_records(run, run.evaluation_records("M0", "checklists"), inputs);
}

namespace {

/// Answers to the prompts of round t by `writer`.
Output answers_of(const RunConfig& config, const RunPaths& run, int64_t t, int64_t writer,
                  const char* records) {
  StageInputs inputs = model_stage(config, {"candidates."});
  inputs.checkpoint(model_name(writer), run.model(writer)).file("prompts", run.round_records(t, "prompts"));
  if (config.judge.writes_checklists()) inputs.file("checklists", run.round_records(t, "checklists"));
  return run_records(run, run.round_records(t, records), inputs);
}

/// What the judge of round t says of `answers`.
Output judgements_of(const RunConfig& config, const RunPaths& run, int64_t t, const char* answers,
                     const char* records) {
  StageInputs inputs = model_stage(config, {});
  add_judge(inputs, config)
      .checkpoint(model_name(t), run.model(t))
      .file("prompts", run.round_records(t, "prompts"))
      .file(answers, run.round_records(t, answers));
  if (config.judge.writes_checklists()) inputs.file("checklists", run.round_records(t, "checklists"));
  return run_records(run, run.round_records(t, records), inputs);
}

}  // namespace

Output candidates_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  return answers_of(config, run, t, t, "candidates");
}

Output judgements_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  return judgements_of(config, run, t, "candidates", "judgements");
}

Output anchors_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  return answers_of(config, run, t, config.pairs.anchor == "M0" ? 0 : 1, "anchors");
}

Output anchor_judgements_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  return judgements_of(config, run, t, "anchors", "anchor_judgements");
}

bool needs_rewards(const RunConfig& config) {
  return config.pairs.keep == "agree" || config.dpo.soft_label == "consistency";
}

Output rewards_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  StageInputs inputs = model_stage(config, {});
  inputs.checkpoint(model_name(t), run.model(t))
      .checkpoint(model_name(t - 1), run.model(t - 1))
      .file("prompts", run.round_records(t, "prompts"))
      .file("candidates", run.round_records(t, "candidates"));
  return run_records(run, run.round_records(t, "rewards"), inputs);
}

Output preferences_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  StageInputs inputs = StageInputs(config).settings({"pairs."});
  for (const char* records : {"prompts", "candidates", "judgements"})
    inputs.file(records, run.round_records(t, records));
  if (needs_rewards(config)) inputs.file("rewards", run.round_records(t, "rewards"));
  if (config.pairs.choose == "anchored")
    for (const char* records : {"anchors", "anchor_judgements"})
      inputs.file(records, run.round_records(t, records));
  return run_records(run, run.round_records(t, "preferences"), inputs);
}

Output meta_judgements_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  StageInputs inputs = model_stage(config, {"judge.sampling."});
  inputs.file("pairs.meta_rubric", config.pairs.meta_rubric)
      .file("judge.rubric", config.judge.rubric)
      .checkpoint(model_name(t), run.model(t));
  for (const char* records : {"prompts", "candidates", "judgements"})
    inputs.file(records, run.round_records(t, records));
  return run_records(run, run.round_records(t, "meta_judgements"), inputs);
}

Output judgement_pairs_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  StageInputs inputs(config);
  inputs.file("judge.rubric", config.judge.rubric);
  for (const char* records : {"prompts", "candidates", "judgements", "meta_judgements"})
    inputs.file(records, run.round_records(t, records));
  return run_records(run, run.round_records(t, "judgement_pairs"), inputs);
}

Output next_model_output(const RunConfig& config, const RunPaths& run, int64_t t) {
  StageInputs inputs = training_stage(config, {"dpo."});
  inputs.checkpoint(model_name(t), run.model(t)).file("preferences", run.round_records(t, "preferences"));
  if (!config.pairs.meta_rubric.empty())
    inputs.file("judgement_pairs", run.round_records(t, "judgement_pairs"));
  if (config.dpo.soft_label == "consistency")  // it is of all answers, not of the pairs alone
    inputs.file("judgements", run.round_records(t, "judgements"))
        .file("rewards", run.round_records(t, "rewards"));
  const bool positives = config.dpo.method == "positive_only";
  if (positives || config.dpo.replay_batch_size > 0) add_sft_data(inputs, config, run);
  if (positives)  // they are chosen by score and rubric, not among the pairs
    inputs.file("candidates", run.round_records(t, "candidates"))
        .file("judgements", run.round_records(t, "judgements"))
        .file("judge.rubric", config.judge.rubric);
  if (config.dpo.eval_steps > 0) add_early_stopping(inputs, config);
  return model_output(model_name(t + 1), run.model(t + 1), run.training(t + 1).dir, inputs);
}

Output evaluated_answers_output(const RunConfig& config, const RunPaths& run, const NamedModel& model,
                                bool greedy) {
  StageInputs inputs = model_stage(config, {"evaluate.sampling."});
  add_evaluation_prompts(inputs, config).checkpoint(model.name, model.dir);
  return run_records(run, run.evaluation_records(model.name, greedy ? "greedy" : "sampled"), inputs);
}

Output held_out_judgements_output(const RunConfig& config, const RunPaths& run, const NamedModel& model) {
  StageInputs inputs = model_stage(config, kJudgeSettings);
  add_held_out_data(inputs, config)
      .file("judge.rubric", config.judge.rubric)
      .checkpoint(model.name, model.dir);
  if (config.judge.writes_checklists()) inputs.file("checklists", run.evaluation_records("M0", "checklists"));
  return run_records(run, run.evaluation_records(model.name, "judgements"), inputs);
}

Output pairwise_output(const RunConfig& config, const RunPaths& run, const NamedModel& judge,
                       const std::string& a, const std::string& b) {
  StageInputs inputs = model_stage(config, {"judge.sampling."});
  inputs.file("evaluate.pairwise_rubric", config.evaluate.pairwise_rubric)
      .checkpoint(str("judge ", judge.name), judge.dir)
      .file("answers of " + a, run.evaluation_records(a, "sampled"))
      .file("answers of " + b, run.evaluation_records(b, "sampled"));
  return run_records(run, run.evaluation_records("pairwise", a + "_vs_" + b), inputs);
}

std::vector<Output> run_outputs(const RunConfig& config, const RunPaths& run) {
  std::vector<Output> outputs;
  if (config.eft.source == "self")
    outputs = {baseline_output(config, run), baseline_judgements_output(config, run)};
  outputs.push_back(eft_output(config, run));
  outputs.push_back(first_model_output(config, run));
  for (int64_t t = 1; t < config.last_model; ++t) {
    outputs.push_back(prompts_output(config, run, t));
    if (config.judge.writes_checklists()) outputs.push_back(checklists_output(config, run, t));
    for (const auto output : {candidates_output, judgements_output})
      outputs.push_back(output(config, run, t));
    if (needs_rewards(config)) outputs.push_back(rewards_output(config, run, t));
    if (config.pairs.choose == "anchored")
      for (const auto output : {anchors_output, anchor_judgements_output})
        outputs.push_back(output(config, run, t));
    outputs.push_back(preferences_output(config, run, t));
    if (!config.pairs.meta_rubric.empty())
      for (const auto output : {meta_judgements_output, judgement_pairs_output})
        outputs.push_back(output(config, run, t));
    outputs.push_back(next_model_output(config, run, t));
  }
  for (Output& output : evaluation_outputs(config, run, models_of(run, config.last_model)))
    outputs.push_back(std::move(output));
  return outputs;
}

std::vector<Output> evaluation_outputs(const RunConfig& config, const RunPaths& run,
                                       const std::vector<NamedModel>& models) {
  std::vector<Output> outputs;
  if (config.judge.writes_checklists()) outputs.push_back(held_out_checklists_output(config, run));
  for (const NamedModel& model : models) {
    outputs.push_back(evaluated_answers_output(config, run, model, /*greedy=*/false));
    outputs.push_back(evaluated_answers_output(config, run, model, /*greedy=*/true));
    outputs.push_back(held_out_judgements_output(config, run, model));
  }
  if (config.evaluate.pairwise_rubric.empty()) return outputs;
  for (size_t a = models.size(); a-- > 1;)
    for (size_t b = a; b-- > 0;)
      outputs.push_back(pairwise_output(config, run, models.back(), models[a].name, models[b].name));
  return outputs;
}

std::vector<Output> outdated(const std::vector<Output>& outputs) {
  std::vector<Output> found;
  for (const Output& output : outputs) {
    const bool differs = !differences(output).empty();  // throws where an output is one of its own inputs
    const bool by_source = std::any_of(found.begin(), found.end(),
                                       [&](const Output& source) { return is_made_from(output, source); });
    if (is_begun(output) && (differs || by_source)) found.push_back(output);
  }
  return found;
}

std::vector<std::string> made_again(const std::vector<Output>& outputs, bool overwrite) {
  const std::vector<Output> found = outdated(outputs);
  std::vector<std::string> names;
  for (const Output& output : found) names.push_back(output.name);
  if (!found.empty() && !overwrite)
    fail("[inputs] ", names.front(),
         " was made from something else: ", joined(differences(found.front()), "; "),
         ". Put that back, name another directory, or add --overwrite to make again: ", joined(names, ", "));
  return names;
}

std::vector<std::string> check_outputs(const std::vector<Output>& outputs, bool overwrite) {
  const auto names = made_again(outputs, overwrite);
  if (names.empty()) return names;
  log_line("made again, since their inputs have changed: " + joined(names, ", "));
  for (const Output& output : outputs)
    if (std::count(names.begin(), names.end(), output.name) > 0) remove_output(output);
  return names;
}

std::vector<std::string> check_outputs(RunDirectory& run, const std::vector<Output>& outputs,
                                       bool overwrite) {
  for (const Output& output : outputs) run.check_given(output);
  return check_outputs(outputs, overwrite);
}

void take_up_run(const RunConfig& config, RunDirectory& run, bool overwrite) {
  forget_conclusions(run, check_outputs(run, run_outputs(config, run), overwrite));
  run.keep_settings(config);
}

}  // namespace selfreward
