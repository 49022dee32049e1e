#include "recipe/report_warnings.h"

#include <cmath>
#include <cstdio>

#include "recipe/report_data.h"

namespace selfreward {
namespace {

constexpr double kMaxJudgeFailures = 0.05, kMaxTies = 0.6, kMinPairs = 0.25, kMaxCutOff = 0.2,
                 kMaxDuplicates = 0.5, kMaxOneScore = 0.9, kMaxWrongPairs = 0.25, kMaxLengthRatio = 1.5,
                 kMaxJudgeLoss = 0.05;
// A fall of the chosen answer's log-probability that is large in itself and against where it began.
constexpr double kLogpFall = 2.0, kLogpFallShare = 0.25;

std::string rounded(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string percent(double share) {
  const double value = 100 * share;
  return rounded(value, value > 0 && value < 10 ? 1 : 0) + " %";
}

class Warnings {
 public:
  template <typename... Parts>
  void add(const std::string& where, const Parts&... parts) {
    list_.push_back({{"where", where}, {"text", str(parts...)}});
  }
  Json take() { return std::move(list_); }

 private:
  Json list_ = Json::array();
};

/// a / b of two counts of `json`; empty where one is missing or b is 0.
std::optional<double> share(const Json& json, const std::string& a, const std::string& b) {
  const auto part = number_at(json, a), whole = number_at(json, b);
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return *part / *whole;
}

double sum_of(const Json& json, const char* key) {
  double sum = 0;
  if (const auto counts = json.find(key); counts != json.end() && counts->is_object())
    for (const auto& count : *counts)
      if (count.is_number()) sum += count.get<double>();
  return sum;
}

void check_judge(const Json& round, const std::string& where, Warnings& warnings) {
  const auto replies = number_at(round, "/judge_replies");
  const double failures = sum_of(round, "judge_failures"), scored = sum_of(round, "score_histogram");
  if (replies && failures > kMaxJudgeFailures * *replies)
    warnings.add(
        where, percent(failures / *replies),
        " of the judge's replies have no usable score. The model may not know the rubric's form: more EFT "
        "examples, or a larger judge.sampling.max_new_tokens where replies are cut off.");
  if (scored <= 0) return;
  for (const auto& [score, count] : round["score_histogram"].items())
    if (count.is_number() && count.get<double>() > kMaxOneScore * scored)
      warnings.add(
          where, percent(count.get<double>() / scored), " of the judge's scores are ", score,
          ". Such a judge hardly tells answers apart; limit eft.max_score_share, or average more replies.");
}

void check_candidates(const Json& round, const std::string& where, Warnings& warnings) {
  const auto stopped = share(round, "/candidates_stopped", "/candidates");
  if (stopped && 1 - *stopped > kMaxCutOff)
    warnings.add(where, percent(1 - *stopped),
                 " of the answers were cut off before they ended. Raise candidates.sampling.max_new_tokens.");
  const auto repeated = share(round, "/duplicate_candidates", "/candidates");
  if (repeated && *repeated > kMaxDuplicates)
    warnings.add(
        where, percent(*repeated),
        " of the answers repeat another answer to the same prompt, so there is little to choose from. Raise "
        "the temperature of candidates.sampling.");
}

void check_pairs(const Json& round, const std::string& where, Warnings& warnings) {
  if (const auto ties = share(round, "/pair_drops/tie", "/prompts"); ties && *ties > kMaxTies)
    warnings.add(where, percent(*ties),
                 " of the prompts gave no pair because all their answers have the same score.");
  const auto pairs = share(round, "/pairs", "/prompts");
  if (pairs && *pairs < kMinPairs && !round.contains("unfinished"))
    warnings.add(where, "Only ", percent(*pairs), " of the prompts gave a preference pair.");
  const auto ratio = share(round, "/preferences/chosen_length", "/preferences/rejected_length");
  if (ratio && *ratio > kMaxLengthRatio)
    warnings.add(where, "Chosen answers are ", rounded(*ratio, 1),
                 " times as long as rejected ones. The next model will learn to write longer.");
  if (const auto wrong = number_at(round, "/gold_agreement/wrong"); wrong && *wrong > kMaxWrongPairs)
    warnings.add(where, "In ", percent(*wrong), " of the pairs the true score prefers the rejected answer.");
}

void check_training(const Json& stage, Warnings& warnings) {
  const std::string where = "Training " + stage["name"].get<std::string>();
  if (const auto bad = number_at(stage, "/not_a_number"); bad && *bad > 0)
    warnings.add(where, "The loss was not a number in ", rounded(*bad, 0),
                 *bad == 1 ? " logged step." : " logged steps.", " Lower the learning rate.");
  const auto first = number_at(stage, "/chosen_logps_ends/0"),
             last = number_at(stage, "/chosen_logps_ends/1");
  if (first && last && *first - *last > std::max(kLogpFall, kLogpFallShare * std::abs(*first)))
    warnings.add(where, "The log-probability of the chosen answers fell from ", rounded(*first, 1), " to ",
                 rounded(*last, 1),
                 ". The model unlearns both answers: lower the learning rate or raise dpo.rpo_alpha.");
}

/// The first of the models that the method made (M1), or nothing where fewer than two are evaluated.
const Json* first_trained(const Json& models) {
  for (const Json& model : models)
    if (model["name"] == "M1" && &model != &models.back()) return &model;
  return nullptr;
}

void check_against_first(const Json& first, const Json& last, Warnings& warnings) {
  const std::string name = last["name"].get<std::string>();
  const auto before = number_at(first, "/gold/sampled/mean"), after = number_at(last, "/gold/sampled/mean");
  if (before && after && *after < *before)
    warnings.add(name, "Its gold score is below that of M1: ", rounded(*after, 2), " against ",
                 rounded(*before, 2), ". The rounds of self-rewarding did harm.");
  const auto judge = number_at(first, "/reward_model/pairwise_accuracy"),
             drifted = number_at(last, "/reward_model/pairwise_accuracy");
  if (judge && drifted && *judge - *drifted > kMaxJudgeLoss)
    warnings.add(name, "It judges worse than M1: ", percent(*drifted),
                 " of the ranked pairs in the right order against ", percent(*judge),
                 ". Replaying seed examples (dpo.replay_batch_size) keeps the judge.");
  const auto short_answers = number_at(first, "/answer_tokens_mean"),
             long_answers = number_at(last, "/answer_tokens_mean");
  if (short_answers && long_answers && *long_answers > kMaxLengthRatio * *short_answers)
    warnings.add(name, "Its answers are ", rounded(*long_answers / *short_answers, 1),
                 " times as long as those of M1. A judge may prefer length by itself.");
}

void check_null_judges(const Json& evaluation, const Json& last, Warnings& warnings) {
  const auto own = number_at(last, "/reward_model/pairwise_accuracy");
  const auto nulls = evaluation.find("null_judges");
  if (!own || nulls == evaluation.end() || !nulls->is_object()) return;
  for (const auto& [name, judge] : nulls->items())
    if (const auto accuracy = number_at(judge, "/pairwise_accuracy"); accuracy && *accuracy >= *own)
      warnings.add(last["name"].get<std::string>(), "As a judge it is no better than the null judge '", name,
                   "': ", percent(*own), " against ", percent(*accuracy),
                   " of the ranked pairs in the right order.");
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

void check_evaluation(const Json& evaluation, Warnings& warnings) {
  if (evaluation.empty() || evaluation["models"].empty()) return;
  const Json& last = evaluation["models"].back();
  if (const Json* first = first_trained(evaluation["models"])) check_against_first(*first, last, warnings);
  check_null_judges(evaluation, last, warnings);
  const std::string name = last["name"].get<std::string>();
  const auto by_judge = lead(evaluation, name, "judge"), by_gold = lead(evaluation, name, "gold");
  if (by_judge && by_gold && *by_judge > 0 && *by_gold <= 0)
    warnings.add(name,
                 "Its judge says that it beats M1, the true score does not. The model has learnt to please "
                 "its judge.");
}

}  // namespace

Json find_warnings(const Json& report) {
  Warnings warnings;
  for (const Json& round : report["rounds"]) {
    const std::string where = str("Round ", round["t"].get<int64_t>());
    check_candidates(round, where, warnings);
    check_judge(round, where, warnings);
    check_pairs(round, where, warnings);
  }
  for (const Json& stage : report["training"]) check_training(stage, warnings);
  check_evaluation(report["evaluation"], warnings);
  return warnings.take();
}

}  // namespace selfreward
