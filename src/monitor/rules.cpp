#include "monitor/rules.h"

#include <cmath>

#include "base/format.h"

namespace selfreward {
namespace {

constexpr double kFewestSteps = 20;   // before these a fall is noise of the batches
constexpr double kSmallestLogps = 8;  // nats: a fall of less than a share of this is small in itself

std::string percent(double share) {
  const double value = 100 * share;
  return fixed(value, value > 0 && value < 10 ? 1 : 0) + " %";
}

class Rules {
 public:
  /// Adds a reading, with the sentence made of `parts` where it is beyond the limit.
  template <typename... Parts>
  void at_most(const char* name, std::optional<double> value, double limit, const Parts&... parts) {
    if (value) readings_.push_back({name, *value, limit, *value > limit ? str(parts...) : ""});
  }
  template <typename... Parts>
  void at_least(const char* name, std::optional<double> value, double limit, const Parts&... parts) {
    if (value) readings_.push_back({name, *value, limit, *value < limit ? str(parts...) : ""});
  }
  template <typename... Parts>
  void above_zero(const char* name, std::optional<double> value, const Parts&... parts) {
    if (value) readings_.push_back({name, *value, 0, *value > 0 ? "" : str(parts...)});
  }
  void add(Reading reading) { readings_.push_back(std::move(reading)); }
  Readings take() { return std::move(readings_); }

 private:
  Readings readings_;
};

std::string percent(const std::optional<double>& value) {
  return value ? percent(*value) : "";
}

std::string rounded(const std::optional<double>& value, int decimals) {
  return fixed_or(value, decimals, "");
}

/// a / b of two counts of `json`; empty where one is missing or b is 0.
std::optional<double> share(const Json& json, const std::string& a, const std::string& b) {
  const auto part = number_at(json, a), whole = number_at(json, b);
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return *part / *whole;
}

/// Of the pairs that the true score tells apart, those that the judge has the wrong way round.
std::optional<double> wrong_share(const Json& round) {
  const auto wrong = number_at(round, "/gold_agreement/wrong"),
             right = number_at(round, "/gold_agreement/agree");
  if (!wrong || !right || *wrong + *right <= 0) return std::nullopt;
  return *wrong / (*wrong + *right);
}

double sum_of(const Json& json, const char* key) {
  double sum = 0;
  if (const auto counts = json.find(key); counts != json.end() && counts->is_object())
    for (const auto& count : *counts)
      if (count.is_number()) sum += count.get<double>();
  return sum;
}

/// The most frequent score and its share of all.
std::pair<std::string, std::optional<double>> most_frequent_score(const Json& round) {
  const double scored = sum_of(round, "score_histogram");
  std::pair<std::string, std::optional<double>> most;
  if (scored <= 0) return most;
  for (const auto& [score, count] : round["score_histogram"].items())
    if (count.is_number() && count.get<double>() / scored > most.second.value_or(0))
      most = {score, count.get<double>() / scored};
  return most;
}

std::optional<double> less(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return std::nullopt;
  return *a - *b;
}

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b || *b <= 0) return std::nullopt;
  return *a / *b;
}

/// How far logps/chosen fell, as a share of where it began; nothing while too few steps are logged.
std::optional<double> chosen_fall(const Json& training) {
  const auto first = number_at(training, "/chosen_logps_ends/0"),
             last = number_at(training, "/chosen_logps_ends/1");
  if (!first || !last || number_at(training, "/logged").value_or(kFewestSteps) < kFewestSteps)
    return std::nullopt;
  return (*first - *last) / std::max(kSmallestLogps, std::abs(*first));
}

/// log ref(y) - log pi(y) of an answer of the pairs: rewards are beta times its negative.
std::optional<double> kl_estimate(const Json& training) {
  const auto reward = number_at(training, "/mean_reward_end"), beta = number_at(training, "/beta");
  if (!reward || !beta || *beta <= 0) return std::nullopt;
  return -*reward / *beta;
}

/// The first of the models that the method made (M1), or nothing where fewer than two are evaluated.
const Json* first_trained(const Json& models) {
  for (const Json& model : models)
    if (model["name"] == "M1" && &model != &models.back()) return &model;
  return nullptr;
}

void compare_with_first(const Json& first, const Json& last, const MonitorSettings& limits, Rules& rules) {
  const auto before = number_at(first, "/gold/sampled/mean"), after = number_at(last, "/gold/sampled/mean");
  rules.at_least("gold", less(after, before), 0, "Its gold score is below that of M1: ", rounded(after, 2),
                 " against ", rounded(before, 2), ". The rounds of self-rewarding did harm.");
  const Json none;
  for (Reading& reading :
       judge_readings(first.value("reward_model", none), last.value("reward_model", none), 0, limits))
    rules.add(std::move(reading));
  const auto growth = ratio(number_at(last, "/answer_tokens_mean"), number_at(first, "/answer_tokens_mean"));
  rules.at_most("length_growth", growth, limits.length_growth, "Its answers are ", rounded(growth, 1),
                " times as long as those of M1. A judge may prefer length by itself.");
}

void compare_with_null_judges(const Json& evaluation, const Json& last, Rules& rules) {
  const auto own = number_at(last, "/reward_model/pairwise_accuracy");
  const auto nulls = evaluation.find("null_judges");
  if (!own || nulls == evaluation.end() || !nulls->is_object()) return;
  for (const auto& [name, judge] : nulls->items()) {
    const auto accuracy = number_at(judge, "/pairwise_accuracy");
    rules.above_zero("null_judge", less(own, accuracy), "As a judge it is no better than the null judge '",
                     name, "': ", percent(own), " against ", percent(accuracy),
                     " of the ranked pairs in the right order.");
  }
}

/// win - lose of the last model against M1 by one referee, as reported in either direction.
std::optional<double> lead(const Json& evaluation, const std::string& name, const std::string& by) {
  const auto duels = evaluation.find("head_to_head");
  if (duels == evaluation.end() || !duels->is_array()) return std::nullopt;
  for (const Json& duel : *duels) {
    if (!duel.is_object() || duel.value("by", Json()) != by) continue;
    const auto win = number_at(duel, "/win"), lose = number_at(duel, "/lose");
    if (!win || !lose) continue;
    const Json a = duel.value("a", Json()), b = duel.value("b", Json());
    if (a == name && b == "M1") return *win - *lose;
    if (a == "M1" && b == name) return *lose - *win;
  }
  return std::nullopt;
}

}  // namespace

Readings prompt_readings(const Json& round, const MonitorSettings& limits) {
  Rules rules;
  const auto seeds = number_at(round, "/seed_likeness"), earlier = number_at(round, "/earlier_likeness"),
             variety = number_at(round, "/prompt_variety");
  rules.at_most("seed_likeness", seeds, limits.seed_likeness, "New prompts are much like the seeds: ROUGE-L ",
                rounded(seeds, 2),
                " to the nearest one on average. Raise the temperature of prompts.sampling, or lower "
                "prompts.rouge_threshold.");
  rules.at_most("earlier_likeness", earlier, limits.earlier_likeness,
                "New prompts are much like those of earlier rounds: ROUGE-L ", rounded(earlier, 2),
                " to the nearest one on average. The rounds see the same tasks again.");
  rules.at_least("prompt_variety", variety, limits.prompt_variety, "Only ", percent(variety),
                 " of the word 4-grams of the new prompts are distinct: the prompts are of few kinds.");
  return rules.take();
}

Readings candidate_readings(const Json& round, const MonitorSettings& limits) {
  Rules rules;
  const auto stopped = share(round, "/candidates_stopped", "/candidates");
  const auto cut_off = stopped ? std::optional(1 - *stopped) : std::nullopt;
  rules.at_most("cut_off", cut_off, limits.cut_off, percent(cut_off),
                " of the answers were cut off before they ended. Raise candidates.sampling.max_new_tokens.");
  const auto repeated = share(round, "/duplicate_candidates", "/candidates");
  rules.at_most(
      "duplicates", repeated, limits.duplicates, percent(repeated),
      " of the answers repeat another answer to the same prompt, so there is little to choose from. Raise "
      "the temperature of candidates.sampling.");
  const auto looping = number_at(round, "/looping");
  rules.at_most("looping", looping, limits.looping, percent(looping),
                " of the answers run in loops: over half of their 4-grams are repeated. The model is "
                "breaking down; lower the learning rate of the training before.");
  return rules.take();
}

Readings judgement_readings(const Json& round, const MonitorSettings& limits) {
  Rules rules;
  const auto replies = number_at(round, "/judge_replies");
  const auto failures = ratio(sum_of(round, "judge_failures"), replies);
  rules.at_most(
      "judge_failures", failures, limits.judge_failures, percent(failures),
      " of the judge's replies have no usable score. The model may not know the rubric's form: more EFT "
      "examples, or a larger judge.sampling.max_new_tokens where replies are cut off.");
  const auto [score, most] = most_frequent_score(round);
  rules.at_most(
      "one_score", most, limits.one_score, percent(most), " of the judge's scores are ", score,
      ". Such a judge hardly tells answers apart; limit eft.max_score_share, or average more replies.");
  const auto entropy = number_at(round, "/score_entropy"), noise = number_at(round, "/judge_noise");
  rules.at_least("score_entropy", entropy, limits.score_entropy, "The entropy of the judge's scores is only ",
                 rounded(entropy, 2), " nats.");
  rules.at_most("judge_noise", noise, limits.judge_noise, percent(noise),
                " of the variance of the judge's scores lies between its replies on one answer: the scores "
                "are mostly chance. Average more replies (judge.num_evals_to_average).");
  return rules.take();
}

Readings pair_readings(const Json& round, const MonitorSettings& limits) {
  Rules rules;
  const bool counted = round.contains("paired_prompts");  // not by a run of an earlier version
  const auto ties = share(round, counted ? "/tied_prompts" : "/pair_drops/tie", "/prompts"),
             pairs = share(round, counted ? "/paired_prompts" : "/pairs", "/prompts");
  rules.at_most("ties", ties, limits.ties, percent(ties),
                " of the prompts gave no pair because all their answers have the same score.");
  if (!round.contains("unfinished"))
    rules.at_least("few_pairs", pairs, limits.few_pairs, "Only ", percent(pairs),
                   " of the prompts gave a preference pair.");
  const auto length = share(round, "/preferences/chosen_length", "/preferences/rejected_length");
  rules.at_most("length_ratio", length, limits.length_ratio, "Chosen answers are ", rounded(length, 1),
                " times as long as rejected ones. The next model will learn to write longer.");
  const auto wrong = wrong_share(round);
  rules.at_most("wrong_pairs", wrong, limits.wrong_pairs,
                "Of the pairs that the true score tells apart, it prefers the rejected answer in ",
                percent(wrong), " (a judge that draws lots: 50 %).");
  const auto gap = number_at(round, "/gold_judging/gap_captured");
  rules.at_least("gap_captured", gap, limits.gap_captured,
                 "By the truth the answers that the judge finds best and worst "
                 "differ by only ",
                 percent(gap), " of what the truly best and worst do.");
  return rules.take();
}

Readings training_readings(const Json& training, const MonitorSettings& limits) {
  Rules rules;
  const auto bad = number_at(training, "/not_a_number");
  rules.at_most("not_a_number", bad, 0, "The loss was not a number in ", rounded(bad, 0),
                bad == 1.0 ? " logged step." : " logged steps.", " Lower the learning rate.");
  rules.at_most("chosen_fall", chosen_fall(training), limits.chosen_fall,
                "The log-probability of the chosen answers fell from ",
                rounded(number_at(training, "/chosen_logps_ends/0"), 1), " to ",
                rounded(number_at(training, "/chosen_logps_ends/1"), 1),
                ". The model unlearns both answers: lower the learning rate or raise dpo.rpo_alpha.");
  const auto kl = kl_estimate(training);
  rules.at_most("kl", kl, limits.kl, "The answers in the pairs lost ", rounded(kl, 1),
                " nats each against the reference (an estimate of KL): the model moves far away from it. "
                "Raise dpo.beta or lower the learning rate.");
  return rules.take();
}

Readings judge_readings(const Json& first, const Json& later, double max_score,
                        const MonitorSettings& limits) {
  Rules rules;
  const auto before = number_at(first, "/pairwise_accuracy"), after = number_at(later, "/pairwise_accuracy");
  rules.at_most("judge_loss", less(before, after), limits.judge_loss,
                "It judges worse than M1: ", percent(after),
                " of the ranked pairs in the right order against ", percent(before),
                ". Replaying seed examples (dpo.replay_batch_size) keeps the judge.");
  const auto was = number_at(first, "/mean_score"), is = number_at(later, "/mean_score");
  if (!was || !is || max_score <= 0) return rules.take();
  rules.at_most("score_drift", std::abs(*is - *was) / max_score, limits.score_drift,
                "It scores the same ranked answers ", rounded(*is, 2), " on average, M1 scored them ",
                rounded(*was, 2), ": its scale has moved.");
  return rules.take();
}

Readings evaluation_readings(const Json& evaluation, const MonitorSettings& limits) {
  Rules rules;
  if (evaluation.empty() || evaluation["models"].empty()) return {};
  const Json& last = evaluation["models"].back();
  if (const Json* first = first_trained(evaluation["models"]))
    compare_with_first(*first, last, limits, rules);
  compare_with_null_judges(evaluation, last, rules);
  const std::string name = last["name"].get<std::string>();
  const auto by_judge = lead(evaluation, name, "judge"), by_gold = lead(evaluation, name, "gold");
  if (by_judge && by_gold && *by_judge > 0)
    rules.above_zero(
        "judge_pleased", by_gold,
        "Its judge says that it beats M1, the true score does not. The model has learnt to please "
        "its judge.");
  return rules.take();
}

}  // namespace selfreward
