// Settings that contradict each other, or that nothing reads, are an error before any work.
#include <algorithm>
#include <functional>
#include <map>

#include "base/text_util.h"
#include "config/rules.h"
#include "text/chat/template.h"

namespace selfreward {
namespace {

constexpr const char* kNoPairs = "dpo.method is positive_only, which trains on no pairs";

/// Throws where monitor.stop names what is not a limit of the monitors.
void check_stop_names(RunConfig& config) {
  std::vector<std::string> names;
  for (const Field& field : list_fields(config))
    if (parent_key(field.key) == "monitor" && field.key != "monitor.stop")
      names.push_back(leaf_key(field.key));
  for (const std::string& name : config.monitor.stop) {
    const std::string near = nearest(name, names);
    check(std::count(names.begin(), names.end(), name) > 0, "[config] monitor.stop names '", name,
          "', which is no monitor", near.empty() ? "" : "; did you mean " + near + "?", " (there are ",
          joined(names, ", ", " and "), ")");
  }
}

/// dpo.eval_steps needs prompts, and what its judge needs.
void validate_early_stopping(const RunConfig& config) {
  const DpoSettings& dpo = config.dpo;
  if (dpo.eval_steps == 0) return;
  check(dpo.method == "dpo", "[config] dpo.eval_steps is ", dpo.eval_steps, ", but dpo.method is ",
        dpo.method, ": only DPO is stopped early; set dpo.eval_steps to 0");
  check(!dpo.eval_prompts.empty(), "[config] dpo.eval_steps is ", dpo.eval_steps,
        ", but dpo.eval_prompts is empty: name a file of held-out prompts");
  check(dpo.eval_judge != "gold" || !config.data.gold.empty(),
        "[config] dpo.eval_judge is gold, but data.gold is empty: name the file with the gold rules");
  check(
      dpo.eval_judge != "self" || config.judge.form != "pairwise",
      "[config] dpo.eval_judge is self, which scores one answer of each model, but judge.form is pairwise, which "
      "compares answers of one model; set dpo.eval_judge to pairwise");
  check(dpo.eval_judge != "pairwise" || !config.evaluate.pairwise_rubric.empty(),
        "[config] dpo.eval_judge is pairwise, but evaluate.pairwise_rubric is empty: name the rubric");
}

void validate_replay(const RunConfig& config) {
  const DpoSettings& dpo = config.dpo;
  if (dpo.replay_eft_share == 0) return;
  check(dpo.replay_batch_size > 0, "[config] dpo.replay_eft_share is ", dpo.replay_eft_share,
        ", but dpo.replay_batch_size is 0: nothing is replayed; set that, or leave this out");
  check(config.eft.source != "none", "[config] dpo.replay_eft_share is ", dpo.replay_eft_share,
        ", but eft.source is none: there is no EFT to replay; leave it out");
}

/// Throws where a setting is not the standard one although `unread` says why nothing reads it; null: it is read.
void check_unread(RunConfig& config, const std::function<const char*(const std::string& key)>& unread) {
  RunConfig defaults;
  const auto fields = list_fields(config), standard = list_fields(defaults);
  for (size_t i = 0; i < fields.size(); ++i)
    if (const char* why = unread(fields[i].key))
      check(value_text(fields[i]) == value_text(standard[i]), "[config] ", fields[i].key, " is ",
            value_text(fields[i]), ", but ", why, ": it has no effect, leave it out or set it to ",
            value_text(standard[i]));
}

/// Settings that others leave unread are an error.
void validate_read(RunConfig& config) {
  const bool stops_judge = config.eft.eval_steps > 0, stops_dpo = config.dpo.eval_steps > 0,
             has_pairs = config.dpo.method == "dpo";
  const char *const no_eft_looks = "eft.eval_steps is 0", *const no_dpo_looks = "dpo.eval_steps is 0";
  const std::map<std::string, std::pair<bool, const char*>> read = {
      {"eft.eval_data", {stops_judge, no_eft_looks}},
      {"eft.early_stopping_patience", {stops_judge, no_eft_looks}},
      {"dpo.eval_prompts", {stops_dpo, no_dpo_looks}},
      {"dpo.eval_judge", {stops_dpo, no_dpo_looks}},
      {"dpo.early_stopping_patience", {stops_dpo, no_dpo_looks}},
      {"data.eft",
       {config.eft.source == "file" || config.eft.source == "verdicts",
        "eft.source is neither file nor verdicts, which alone read it"}},
      {"eft.max_score_share",
       {config.eft.source != "file", "eft.source is file, whose examples have no score of ours"}},
      {"sft.eft_epochs", {config.eft.source != "none", "eft.source is none, so there is no EFT"}},
      {"dpo.replay_weight", {config.dpo.replay_batch_size > 0, "dpo.replay_batch_size is 0"}},
      {"judge.max_requirements",
       {config.judge.writes_checklists(), "judge.requirements lets no model write a list"}},
      {"dpo.loss_type", {has_pairs, kNoPairs}},
      {"dpo.ld_alpha", {has_pairs, kNoPairs}},
      {"dpo.soft_label", {has_pairs, kNoPairs}}};
  check_unread(config, [&](const std::string& key) -> const char* {
    const auto found = read.find(key);
    return found == read.end() || found->second.first ? nullptr : found->second.second;
  });
}

/// Settings of pairs that nothing reads are an error.
void validate_pairs(RunConfig& config) {
  check(config.pairs.rho == PairSettings{}.rho || config.pairs.choose == "length_band",
        "[config] pairs.rho is ", config.pairs.rho, ", but pairs.choose is ", config.pairs.choose,
        ": it is read by length_band alone; leave it out");
  check(config.pairs.anchor == PairSettings{}.anchor || config.pairs.choose == "anchored",
        "[config] pairs.anchor is ", config.pairs.anchor, ", but pairs.choose is ", config.pairs.choose,
        ": it is read by anchored alone; leave it out");
  check(config.pairs.choose != "anchored" || config.pairs.keep == "all",
        "[config] pairs.choose is anchored and pairs.keep ", config.pairs.keep,
        ", but there are no implicit rewards of an earlier model's answers; set one of them");
  check(
      config.pairs.choose != "anchored" || config.judge.form != "pairwise",
      "[config] pairs.choose is anchored and judge.form pairwise, whose scores compare the answers of one model with "
      "each other and say nothing about another's; set one of them");
  check(
      config.pairs.meta_rubric.empty() || (config.judge.form == "rubric" && config.judge.kind == "self" &&
                                           config.judge.num_evals_to_average > 1),
      "[config] pairs.meta_rubric is ", config.pairs.meta_rubric,
      ", which compares several judgements of a whole answer by the model: set judge.form to rubric, judge.kind to "
      "self and judge.num_evals_to_average to 2 or more, or leave it out");
  if (config.dpo.method != "positive_only") return;
  check_unread(config,
               [](const std::string& key) { return parent_key(key) == "pairs" ? kNoPairs : nullptr; });
}

}  // namespace

void validate(const RunConfig& config) {
  RunConfig copy = config;
  for (const Field& field : list_fields(copy)) check_field(field, "[config] ");
  check_stop_names(copy);
  validate_replay(config);
  validate_pairs(copy);
  template_variables(config.model.chat_template_kwargs);  // throw where they are wrong
  template_date(config.model.chat_template_date);
  check(!config.data.languages.empty(),
        "[config] data.languages is empty, expected a language as en: no row of ",
        "Open Assistant would be left");
  const PromptSettings& prompts = config.prompts;
  check(prompts.min_words <= prompts.max_words, "[config] prompts.min_words is ", prompts.min_words,
        ", above prompts.max_words ", prompts.max_words, ": every prompt would be dropped");
  check(prompts.seed_shots > 0 || prompts.generated_shots > 0,
        "[config] prompts.seed_shots and prompts.generated_shots are both 0, expected an example at least");
}

void validate_whole_run(const RunConfig& config) {
  validate(config);
  RunConfig copy = config;
  validate_read(copy);
  check(config.eft.eval_steps == 0 || !config.eft.eval_data.empty(), "[config] eft.eval_steps is ",
        config.eft.eval_steps,
        ", but eft.eval_data is empty: name a file of answers that the judge is looked at on");
  check(config.eft.eval_steps == 0 || !config.judge.writes_checklists(), "[config] eft.eval_steps is ",
        config.eft.eval_steps, ", but judge.requirements is ", config.judge.requirements,
        ": eft.eval_data needs requirements of its own; set judge.requirements to prompts");
  check(!config.model.model_name_or_path.empty(),
        "[config] model.model_name_or_path is empty, expected the directory of the starting checkpoint");
  check(!config.data.ift.empty(), "[config] data.ift is empty, expected files with instruction seed data");
  check((config.eft.source != "file" && config.eft.source != "verdicts") || !config.data.eft.empty(),
        "[config] eft.source is ", config.eft.source,
        ", but data.eft is empty: name the files with judging examples");
  check((config.eft.source != "self" && config.eft.source != "ranks") || !config.data.ranked.empty(),
        "[config] eft.source is ", config.eft.source,
        ", but data.ranked is empty: name files with human-ranked answers, or set "
        "eft.source to none");
  check(
      config.dpo.method != "positive_only" || config.judge.read != "expected" || config.last_model == 1,
      "[config] dpo.method is positive_only, which trains on answers with the full score, but judge.read is "
      "expected: a mean over scores hardly ever reaches it; set judge.read to text");
  check(config.judge.kind != "gold" || !config.data.gold.empty(),
        "[config] judge.kind is gold, but data.gold is empty: name the file with the gold rules");
  validate_early_stopping(config);
  check(config.candidates.num_generations > 1 || config.dpo.method != "dpo" || config.last_model == 1,
        "[config] candidates.num_generations is 1, expected at least 2: one answer makes no preference pair");
}

}  // namespace selfreward
