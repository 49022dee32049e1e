#include "config/rules.h"

#include <algorithm>
#include <cmath>

#include "base/text_util.h"
#include "text/chat/template.h"

namespace selfreward {
namespace {

bool is_end_of(std::string_view end, std::string_view key) {
  return key == end || (key.ends_with(end) && key[key.size() - end.size() - 1] == '.');
}

bool in_range(const Rule& rule, double value) {
  return std::isfinite(value) && !(rule.at_least && value < *rule.at_least) &&
         !(rule.above && value <= *rule.above) && !(rule.at_most && value > *rule.at_most) &&
         !(rule.below && value >= *rule.below);
}

bool is_choice(const Rule& rule, const std::string& value) {
  return rule.choices.empty() || std::count(rule.choices.begin(), rule.choices.end(), value) > 0;
}

bool is_obeyed(const Rule& rule, const FieldValue& value) {
  if (const auto* integer = std::get_if<int64_t*>(&value)) return in_range(rule, double(**integer));
  if (const auto* number = std::get_if<double*>(&value)) return in_range(rule, **number);
  if (const auto* text = std::get_if<std::string*>(&value)) return is_choice(rule, **text);
  return true;
}

/// "; did you mean float32?" where one of the choices is near.
std::string hint(const Rule& rule, const FieldValue& value) {
  const auto* text = std::get_if<std::string*>(&value);
  const std::string near = text ? nearest(**text, rule.choices) : "";
  return near.empty() ? "" : "; did you mean " + near + "?";
}

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
      config.pairs.meta_rubric.empty() || (config.judge.form == "rubric" && config.judge.kind == "self" &&
                                           config.judge.num_evals_to_average > 1),
      "[config] pairs.meta_rubric is ", config.pairs.meta_rubric,
      ", which compares several judgements of a whole answer by the model: set judge.form to rubric, judge.kind to "
      "self and judge.num_evals_to_average to 2 or more, or leave it out");
  if (config.dpo.method != "positive_only") return;
  RunConfig defaults;
  const auto fields = list_fields(config), standard = list_fields(defaults);
  for (size_t i = 0; i < fields.size(); ++i)
    if (parent_key(fields[i].key) == "pairs")
      check(value_text(fields[i]) == value_text(standard[i]), "[config] ", fields[i].key, " is ",
            value_text(fields[i]),
            ", but dpo.method is positive_only, which trains on no pairs; leave it out");
}

}  // namespace

const std::vector<Rule>& config_rules() {
  static const std::vector<Rule> rules = {
      {.key = "seed", .at_least = 0},
      {.key = "last_model", .at_least = 1},
      {.key = "model.device", .choices = {"auto", "cpu", "cuda"}},
      {.key = "model.dtype", .choices = {"bfloat16", "float32"}},
      {.key = "model.save_dtype", .choices = {"auto", "float32", "bfloat16"}},
      {.key = "lora.r", .at_least = 0},
      {.key = "lora.lora_alpha", .above = 0},
      {.key = "lora.lora_dropout", .at_least = 0, .below = 1},
      {.key = "data.max_ift", .at_least = 0},
      {.key = "data.held_out_share", .at_least = 0, .below = 1},
      {.key = "sampling.max_new_tokens", .at_least = 1},
      {.key = "sampling.temperature", .at_least = 0},
      {.key = "sampling.top_p", .above = 0, .at_most = 1},
      {.key = "sampling.top_k", .at_least = 0},
      {.key = "learning_rate", .above = 0},
      {.key = "lr_scheduler_type", .choices = {"constant", "linear", "cosine"}},
      {.key = "min_lr_rate", .at_least = 0, .at_most = 1},
      {.key = "warmup_steps", .at_least = 0},
      {.key = "train_batch_size", .at_least = 1},
      {.key = "num_train_epochs", .above = 0},
      {.key = "max_steps", .at_least = 0},
      {.key = "max_length", .at_least = 2},
      {.key = "micro_batch_tokens", .at_least = 1},
      {.key = "weight_decay", .at_least = 0},
      {.key = "adam_beta1", .at_least = 0, .below = 1},
      {.key = "adam_beta2", .at_least = 0, .below = 1},
      {.key = "adam_epsilon", .above = 0},
      {.key = "max_grad_norm", .at_least = 0},
      {.key = "dropout", .at_least = 0, .below = 1},
      {.key = "logging_steps", .at_least = 1},
      {.key = "save_steps", .at_least = 0},
      {.key = "sft.train_on", .choices = {"last", "all"}},
      {.key = "sft.eft_epochs", .at_least = 0},
      {.key = "eft.source", .choices = {"self", "ranks", "file", "verdicts", "none"}},
      {.key = "eft.baseline_max_steps", .at_least = 0},
      {.key = "eft.max_prompts", .at_least = 0},
      {.key = "eft.max_examples", .at_least = 0},
      {.key = "eft.max_score_share", .above = 0, .at_most = 1},
      {.key = "eft.eval_steps", .at_least = 0},
      {.key = "eft.early_stopping_patience", .at_least = 1},
      {.key = "prompts.num_prompts", .at_least = 1},
      {.key = "prompts.seed_shots", .at_least = 0},
      {.key = "prompts.generated_shots", .at_least = 0},
      {.key = "prompts.min_words", .at_least = 1},
      {.key = "prompts.max_words", .at_least = 1},
      {.key = "prompts.rouge_threshold", .above = 0, .at_most = 1},
      {.key = "candidates.num_generations", .at_least = 1},
      {.key = "judge.kind", .choices = {"self", "gold", "random", "longest"}},
      {.key = "judge.form", .choices = {"rubric", "checklist", "pairwise"}},
      {.key = "judge.read", .choices = {"text", "expected"}},
      {.key = "judge.requirements", .choices = {"prompts", "rubric", "M0", "self"}},
      {.key = "judge.max_requirements", .at_least = 1},
      {.key = "judge.num_evals_to_average", .at_least = 1},
      {.key = "pairs.choose", .choices = {"best_worst", "all", "length_band", "anchored"}},
      {.key = "pairs.anchor", .choices = {"M0", "M1"}},
      {.key = "pairs.keep", .choices = {"all", "agree"}},
      {.key = "pairs.rho", .at_least = 0, .below = 0.5},
      {.key = "pairs.margin", .at_least = 0},
      {.key = "pairs.top_share", .above = 0, .at_most = 1},
      {.key = "dpo.beta", .above = 0},
      {.key = "dpo.rpo_alpha", .at_least = 0},
      {.key = "dpo.replay_batch_size", .at_least = 0},
      {.key = "dpo.replay_weight", .at_least = 0},
      {.key = "dpo.replay_eft_share", .at_least = 0, .at_most = 1},
      {.key = "dpo.method", .choices = {"dpo", "positive_only"}},
      {.key = "dpo.loss_type", .choices = {"sigmoid", "sigmoid_norm"}},
      {.key = "dpo.soft_label", .choices = {"none", "margin", "consistency"}},
      {.key = "dpo.ld_alpha", .at_least = 0, .at_most = 1},
      {.key = "dpo.eval_steps", .at_least = 0},
      {.key = "dpo.eval_judge", .choices = {"self", "pairwise", "gold"}},
      {.key = "dpo.early_stopping_patience", .at_least = 1},
      {.key = "evaluate.max_prompts", .at_least = 0},
      {.key = "generation.max_batch_size", .at_least = 1},
      {.key = "generation.max_cache_tokens", .at_least = 1},
      {.key = "generation.shard_size", .at_least = 1},
      {.key = "report_to", .choices = {"none", "tensorboard"}},
      {.key = "monitor.seed_likeness", .at_least = 0, .at_most = 1},
      {.key = "monitor.earlier_likeness", .at_least = 0, .at_most = 1},
      {.key = "monitor.prompt_variety", .at_least = 0, .at_most = 1},
      {.key = "monitor.cut_off", .at_least = 0, .at_most = 1},
      {.key = "monitor.duplicates", .at_least = 0, .at_most = 1},
      {.key = "monitor.looping", .at_least = 0, .at_most = 1},
      {.key = "monitor.judge_failures", .at_least = 0, .at_most = 1},
      {.key = "monitor.one_score", .at_least = 0, .at_most = 1},
      {.key = "monitor.score_entropy", .at_least = 0},
      {.key = "monitor.judge_noise", .at_least = 0},
      {.key = "monitor.ties", .at_least = 0, .at_most = 1},
      {.key = "monitor.few_pairs", .at_least = 0, .at_most = 1},
      {.key = "monitor.length_ratio", .at_least = 0},
      {.key = "monitor.wrong_pairs", .at_least = 0, .at_most = 1},
      {.key = "monitor.chosen_fall", .at_least = 0},
      {.key = "monitor.kl", .at_least = 0},
      {.key = "monitor.judge_loss", .at_least = 0, .at_most = 1},
      {.key = "monitor.score_drift", .at_least = 0, .at_most = 1},
      {.key = "monitor.length_growth", .at_least = 0},
  };
  return rules;
}

const Rule* find_rule(const std::string& key) {
  for (const Rule& rule : config_rules())
    if (is_end_of(rule.key, key)) return &rule;
  return nullptr;
}

std::string rule_text(const Rule& rule) {
  if (!rule.choices.empty()) return joined(rule.choices, ", ", " or ");
  std::vector<std::string> bounds;
  if (rule.at_least) bounds.push_back(str("at least ", *rule.at_least));
  if (rule.above) bounds.push_back(str("above ", *rule.above));
  if (rule.at_most) bounds.push_back(str("at most ", *rule.at_most));
  if (rule.below) bounds.push_back(str("below ", *rule.below));
  return joined(bounds, ", ", " and ");
}

std::string type_and_rule(const Field& field) {
  const Rule* rule = find_rule(field.key);
  if (!rule) return type_name(field.value);
  return rule->choices.empty() ? type_name(field.value) + ", " + rule_text(*rule) : rule_text(*rule);
}

void check_field(const Field& field, const std::string& where) {
  const Rule* rule = find_rule(field.key);
  if (rule && !is_obeyed(*rule, field.value))
    fail(where, field.key, " is ", value_text(field), ", expected ", type_and_rule(field),
         hint(*rule, field.value));
}

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
