#include "evaluate/benchmarks/verdict_kinds.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/text_util.h"
#include "evaluate/statistics/reward_bootstrap.h"
#include "gold/verifiable.h"

namespace selfreward {
namespace {

struct Counts {
  int64_t n = 0, right = 0, met = 0, exact = 0, exact_right = 0, soft = 0;
  double squared_error = 0;  // of the soft ones
};

Counts& operator+=(Counts& sum, const Counts& more) {
  sum.n += more.n, sum.right += more.right, sum.met += more.met, sum.exact += more.exact;
  sum.exact_right += more.exact_right, sum.soft += more.soft, sum.squared_error += more.squared_error;
  return sum;
}

using OfPrompts = std::map<std::string, Counts>;  // by prompt
using ByKind = std::map<std::string, OfPrompts>;

/// The rule of the requirement with this wording, or nothing.
std::optional<Requirement> rule_of(const Json& requirements, const std::string& wording) {
  if (!requirements.is_array()) return std::nullopt;
  for (const Json& item : requirements)
    if (item.is_object() && item.contains("kind") && item.value("wording", "") == wording)
      return item.get<Requirement>();
  return std::nullopt;
}

void add_reply(const RankedAnswers& group, const std::string& answer, const JudgeReply& reply,
               const Rubric& rubric, ByKind& kinds) {
  const auto rule = rule_of(group.requirements, reply.requirement);
  if (!rule) return;
  const RequirementVerdict truth = check_requirement(*rule, answer);
  Counts& counts = kinds[sort_of(*rule)][group.id];
  const bool right = reply.score == (truth.met ? 1.0 : 0.0);
  const std::string evidence = truth.wanted + ": " + truth.evidence;
  const bool exact = strip(reply.text) == strip(rubric.reply_of(evidence, true)) ||
                     strip(reply.text) == strip(rubric.reply_of(evidence, false));
  counts.n += 1;
  counts.right += right;
  counts.met += truth.met;
  counts.exact += exact;
  counts.exact_right += exact && right;
  if (!reply.expected) return;
  counts.soft += 1;
  counts.squared_error += std::pow(*reply.expected - truth.met, 2);
}

Counts sum_of(const OfPrompts& prompts) {
  Counts sum;
  for (const auto& [id, counts] : prompts) sum += counts;
  return sum;
}

/// The 95 % bootstrap interval over the prompts of a part's share of the verdicts.
Json interval_of(const OfPrompts& prompts, int64_t Counts::*part, const Seed& seed) {
  std::vector<Counts> list;
  for (const auto& [id, counts] : prompts) list.push_back(counts);
  const auto shares = bootstrap(list.size(), kBootstrapDraws, seed, [&](const std::vector<size_t>& picked) {
    Counts sum;
    for (const size_t i : picked) sum += list[i];
    return static_cast<double>(sum.*part) / static_cast<double>(sum.n);
  });
  const Interval interval = interval_95(shares);
  return {interval.low, interval.high};
}

Json to_json(const OfPrompts& prompts, int64_t majority, const Seed& seed) {
  const Counts counts = sum_of(prompts);
  Json json{{"n", counts.n},
            {"right", counts.right},
            {"right_share", static_cast<double>(counts.right) / static_cast<double>(counts.n)},
            {"right_share_interval", interval_of(prompts, &Counts::right, seed)},
            {"majority", majority},
            {"exact", counts.exact},
            {"exact_share", static_cast<double>(counts.exact) / static_cast<double>(counts.n)},
            {"exact_share_interval", interval_of(prompts, &Counts::exact, seed)},
            {"exact_right", counts.exact_right}};
  if (counts.soft > 0) json["brier"] = counts.squared_error / static_cast<double>(counts.soft);
  return json;
}

}  // namespace

Json verdict_kinds(const std::vector<RankedAnswers>& ranked, const std::vector<Judgement>& judgements,
                   const Rubric& rubric, const Seed& seed) {
  std::unordered_map<std::string, const RankedAnswers*> by_id;
  for (const RankedAnswers& group : ranked) by_id[group.id] = &group;
  ByKind kinds;
  for (const Judgement& judgement : judgements) {
    const RankedAnswers& group = *by_id.at(judgement.prompt_id);
    for (const JudgeReply& reply : judgement.replies)
      if (!reply.requirement.empty())
        add_reply(group, group.answers.at(static_cast<size_t>(judgement.index)), reply, rubric, kinds);
  }
  if (kinds.empty()) return nullptr;
  Json table{{"kinds", Json::object()}};
  OfPrompts all;
  int64_t majority = 0;
  for (const auto& [kind, prompts] : kinds) {
    const Counts counts = sum_of(prompts);
    const int64_t common = std::max(counts.met, counts.n - counts.met);
    table["kinds"][kind] = to_json(prompts, common, seed.child(kind));
    for (const auto& [id, of_prompt] : prompts) all[id] += of_prompt;
    majority += common;
  }
  table["all"] = to_json(all, majority, seed.child("all"));
  return table;
}

}  // namespace selfreward
