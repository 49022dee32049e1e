#include "config/rules.h"

#include <algorithm>
#include <cmath>

#include "base/text_util.h"

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
      {.key = "monitor.gap_captured", .at_least = -1, .at_most = 1},
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

}  // namespace selfreward
