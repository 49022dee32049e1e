#include "feedback/verdicts.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/in_row.h"
#include "base/seed.h"
#include "feedback/judging/score_parser.h"
#include "gold/verifiable.h"

namespace selfreward {
namespace {

/// Rows of one kind with one verdict, as indices, in the order of their chances.
using Cells = std::map<std::pair<std::string, bool>, std::vector<size_t>>;

Cells cells_of(const std::vector<VerdictRow>& verdicts, const Seed& seed) {
  Cells cells;
  for (size_t i = 0; i < verdicts.size(); ++i) cells[{verdicts[i].kind, verdicts[i].met}].push_back(i);
  const auto chance = [&](size_t i) { return seed.child(verdicts[i].id).uniform(0); };
  for (auto& [cell, rows] : cells)
    std::sort(rows.begin(), rows.end(), [&](size_t a, size_t b) { return chance(a) < chance(b); });
  return cells;
}

/// Keeps at most `share` of a kind's verdicts alike.
int64_t thin_common_verdicts(Cells& cells, double share) {
  int64_t dropped = 0;
  for (auto& [cell, rows] : cells) {
    const auto other = cells.find({cell.first, !cell.second});
    if (other == cells.end() || other->second.size() >= rows.size()) continue;
    const auto keep = static_cast<size_t>(
        std::max(1.0, std::floor(static_cast<double>(other->second.size()) * share / (1 - share) + 1e-9)));
    if (keep >= rows.size()) continue;
    dropped += std::ssize(rows) - static_cast<int64_t>(keep);
    rows.resize(keep);
  }
  return dropped;
}

/// The first rows of all cells in turn, until there are `count`.
std::set<size_t> equal_parts(const Cells& cells, size_t count) {
  std::set<size_t> kept;
  bool more = true;
  for (size_t round = 0; more; ++round) {
    more = false;
    for (const auto& [cell, rows] : cells) {
      if (kept.size() == count || round >= rows.size()) continue;
      kept.insert(rows[round]);
      more = true;
    }
  }
  return kept;
}

/// Adds the verdict on one requirement of the prompt's row.
void add_verdict(const Prompt& prompt, const Candidate& answer, size_t index, Filtered<VerdictRow>& made) {
  const Json& item = prompt.requirements[index];
  const std::string id = str(answer.prompt_id, "/", answer.index, "/", index);
  if (item.is_string() || (item.is_object() && !item.contains("kind"))) return leave_out(made, "no_rule", id);
  const auto rule = item.get<Requirement>();
  if (rule.wording.empty()) return leave_out(made, "no_wording", id);
  const RequirementVerdict verdict = check_requirement(rule, answer.text);
  made.records.push_back({id, prompt.text, answer.text, rule.wording,
                          verdict.wanted + ": " + verdict.evidence, verdict.met, sort_of(rule)});
}

void add_verdicts(const Prompt& prompt, const Candidate& answer, Filtered<VerdictRow>& made) {
  const std::string id = str(answer.prompt_id, "/", answer.index);
  if (prompt.requirements.is_null() || prompt.requirements.empty())
    return leave_out(made, "no_requirements", id);
  check(prompt.requirements.is_array(), "[eft] requirements is ", prompt.requirements.dump(),
        ", wanted a list");
  if (!worthless_reason(prompt.text, answer.text).empty()) return leave_out(made, "worthless_answer", id);
  for (size_t i = 0; i < prompt.requirements.size(); ++i) add_verdict(prompt, answer, i, made);
}

}  // namespace

Filtered<VerdictRow> verdicts_by_rules(const std::vector<Prompt>& prompts, const AnswersByPrompt& answers) {
  Filtered<VerdictRow> made;
  for (const Prompt& prompt : prompts)
    for (const auto& answer : answers.at(prompt.id))
      in_row("prompt", prompt.id, [&] { add_verdicts(prompt, *answer.second, made); });
  return made;
}

Filtered<VerdictRow> balanced_verdicts(std::vector<VerdictRow> verdicts, const EftSettings& settings,
                                       const Seed& seed) {
  check(settings.max_score_share >= 0.5, "[eft] eft.max_score_share is ", settings.max_score_share,
        ", but of yes and no one has half at least; set 0.5 or more");
  Cells cells = cells_of(verdicts, seed);
  Filtered<VerdictRow> made;
  if (settings.max_score_share < 1)
    if (const int64_t n = thin_common_verdicts(cells, settings.max_score_share))
      made.dropped["common_verdict"] = n;
  size_t left = 0;
  for (const auto& [cell, rows] : cells) left += rows.size();
  const size_t count =
      settings.max_examples > 0 ? std::min(left, static_cast<size_t>(settings.max_examples)) : left;
  if (left > count) made.dropped["over_maximum"] = static_cast<int64_t>(left - count);
  for (const size_t i : equal_parts(cells, count)) made.records.push_back(std::move(verdicts[i]));
  return made;
}

std::vector<Example> verdict_examples(const std::vector<VerdictRow>& verdicts, const Rubric& rubric) {
  check(
      rubric.form == JudgeForm::checklist, "[eft] rubric ", rubric.name,
      " has no {requirement} in its template, but verdicts are about one requirement each; name a checklist "
      "in judge.rubric");
  const bool shows_prompt = rubric.template_text.find("{instruction}") != std::string::npos;
  std::vector<Example> examples;
  for (const VerdictRow& verdict : verdicts) {
    check(!shows_prompt || !verdict.prompt.empty(), "[eft] verdict '", verdict.id,
          "' has no prompt, but the template of rubric ", rubric.name, " shows the {instruction}");
    const std::string reply = verdict.evidence.empty() ? (verdict.met ? rubric.yes : rubric.no)
                                                       : rubric.reply_of(verdict.evidence, verdict.met);
    check(parse_judge_reply(reply, FinishReason::stop, rubric).score == (verdict.met ? 1.0 : 0.0),
          "[eft] verdict '", verdict.id, "': its reply '", reply, "' would not be read as ",
          verdict.met ? rubric.yes : rubric.no, " under rubric ", rubric.name,
          "; a line of its evidence ends with a verdict, or verdict_pattern does not fit reply");
    examples.push_back(
        {verdict.id,
         {{"user", rubric.render(verdict.prompt, verdict.answer, verdict.requirement)}, {"assistant", reply}},
         "eft"});
  }
  return examples;
}

Json verdict_counts(const std::vector<VerdictRow>& verdicts) {
  Json counts = Json::object();
  for (const VerdictRow& verdict : verdicts) {
    Json& of_kind = counts[verdict.kind.empty() ? "other" : verdict.kind];
    if (of_kind.is_null()) of_kind = {{"met", 0}, {"not_met", 0}};
    Json& count = of_kind[verdict.met ? "met" : "not_met"];
    count = count.get<int64_t>() + 1;
  }
  return counts;
}

}  // namespace selfreward
