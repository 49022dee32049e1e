#include "evaluate/benchmarks/verdict_kinds.h"

#include <algorithm>
#include <unordered_map>

#include "base/text_util.h"
#include "gold/verifiable.h"

namespace selfreward {
namespace {

struct Counts {
  int64_t n = 0, right = 0, met = 0, exact = 0, exact_right = 0;
};

using ByKind = std::map<std::string, Counts>;

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
  Counts& counts = kinds[sort_of(*rule)];
  const bool right = reply.score == (truth.met ? 1.0 : 0.0);
  const std::string evidence = truth.wanted + ": " + truth.evidence;
  const bool exact = strip(reply.text) == strip(rubric.reply_of(evidence, true)) ||
                     strip(reply.text) == strip(rubric.reply_of(evidence, false));
  counts.n += 1;
  counts.right += right;
  counts.met += truth.met;
  counts.exact += exact;
  counts.exact_right += exact && right;
}

Json to_json(const Counts& counts, int64_t majority) {
  return {{"n", counts.n},
          {"right", counts.right},
          {"right_share", static_cast<double>(counts.right) / static_cast<double>(counts.n)},
          {"majority", majority},
          {"exact", counts.exact},
          {"exact_right", counts.exact_right}};
}

}  // namespace

Json verdict_kinds(const std::vector<RankedAnswers>& ranked, const std::vector<Judgement>& judgements,
                   const Rubric& rubric) {
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
  Counts all;
  int64_t majority = 0;
  for (const auto& [kind, counts] : kinds) {
    const int64_t common = std::max(counts.met, counts.n - counts.met);
    table["kinds"][kind] = to_json(counts, common);
    all.n += counts.n, all.right += counts.right, all.exact += counts.exact;
    all.exact_right += counts.exact_right, majority += common;
  }
  table["all"] = to_json(all, majority);
  return table;
}

}  // namespace selfreward
