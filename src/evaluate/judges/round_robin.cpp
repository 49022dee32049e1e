#include "evaluate/judges/round_robin.h"

#include <set>

#include "data/shards.h"

namespace selfreward {
namespace {

/// The answers of one prompt.
using Group = std::span<const JudgeItem>;

std::vector<Group> groups_of(const std::vector<JudgeItem>& items) {
  std::vector<Group> groups;
  std::set<std::string> seen;
  for (size_t first = 0; first < items.size();) {
    size_t end = first;
    while (end < items.size() && items[end].prompt_id == items[first].prompt_id) ++end;
    check(seen.insert(items[first].prompt_id).second, "[judge] the answers of prompt '",
          items[first].prompt_id,
          "' do not stand together, but judge.form pairwise compares them; sort the file by prompt_id");
    groups.push_back(Group(items).subspan(first, end - first));
    first = end;
  }
  return groups;
}

/// Two answers of a group, as places in it.
struct Match {
  size_t first, second;
};

std::vector<Match> matches_of(Group group, int64_t times) {
  std::vector<Match> matches;
  for (size_t a = 0; a < group.size(); ++a)
    for (size_t b = a + 1; b < group.size(); ++b)
      matches.insert(matches.end(), static_cast<size_t>(times), {a, b});
  return matches;
}

std::vector<AnswerPair> pairs_of(Group group, const std::vector<Match>& matches) {
  std::vector<AnswerPair> pairs;
  std::map<std::pair<size_t, size_t>, int64_t> drawn;
  for (const auto& [a, b] : matches)
    pairs.push_back({str(group[a].prompt_id, "/", group[a].index, "-", group[b].index, "/", drawn[{a, b}]++),
                     group[a].prompt, group[a].answer, group[b].answer});
  return pairs;
}

/// A reply as one of the answers sees it, which was shown first or second.
JudgeReply reply_for(const std::string& text, const std::optional<Verdict>& verdict,
                     const std::optional<double>& weight, bool shown_first) {
  JudgeReply reply{text, std::nullopt, std::nullopt};
  if (!verdict) {
    reply.failure = JudgeFailure::no_score;
    return reply;
  }
  const bool won = *verdict == (shown_first ? Verdict::first : Verdict::second);
  reply.score = *verdict == Verdict::tie ? 0.5 : won ? 1 : 0;
  reply.expected = weight;
  return reply;
}

/// Adds the replies of a comparison to the answer that is its first, or its second.
void add_replies(Judgement& judgement, const Comparison& made, bool is_first) {
  if (made.identical) return;
  const auto seen = [&](const std::optional<double>& weight) {
    return weight && !is_first ? std::optional(1 - *weight) : weight;
  };
  judgement.replies.push_back(reply_for(made.reply_shown_first, made.verdicts.shown_first,
                                        seen(made.weight_shown_first), /*shown_first=*/is_first));
  judgement.replies.push_back(reply_for(made.reply_shown_second, made.verdicts.shown_second,
                                        seen(made.weight_shown_second), /*shown_first=*/!is_first));
}

struct Mean {
  double sum = 0, count = 0;
};

std::vector<Judgement> judgements_of(Group group, const std::vector<Match>& matches,
                                     std::span<const Comparison> made, const RoundRobin& rules) {
  std::vector<Judgement> judgements;
  for (const JudgeItem& item : group) judgements.push_back({item.prompt_id, item.index, {}, std::nullopt});
  std::vector<Mean> means(group.size());
  for (size_t m = 0; m < matches.size(); ++m) {
    const auto [a, b] = matches[m];
    add_replies(judgements[a], made[m], /*is_first=*/true);
    add_replies(judgements[b], made[m], /*is_first=*/false);
    const auto preference = preference_of(made[m], rules.weighted);
    if (!preference) continue;
    means[a].sum += *preference;
    means[b].sum += 1 - *preference;
    means[a].count += 1;
    means[b].count += 1;
  }
  for (size_t i = 0; i < group.size(); ++i)
    if (means[i].count > 0) judgements[i].score = rules.max_score * means[i].sum / means[i].count;
  return judgements;
}

}  // namespace

void judge_by_comparisons(const ComparisonJudge& judge, const std::vector<JudgeItem>& items,
                          const RoundRobin& rules, int64_t shard_size, RecordSink<Judgement>& out) {
  const auto make = [&](std::span<const Group> shard, const OnDone& on_done) {
    std::vector<std::vector<Match>> matches;
    std::vector<AnswerPair> pairs;
    for (const Group& group : shard) {
      matches.push_back(matches_of(group, rules.times));
      for (AnswerPair& pair : pairs_of(group, matches.back())) pairs.push_back(std::move(pair));
    }
    const std::vector<Comparison> made = compare(judge, pairs, on_done);
    std::vector<Judgement> judgements;
    size_t first = 0;
    for (size_t g = 0; g < shard.size(); first += matches[g++].size())
      for (Judgement& judgement :
           judgements_of(shard[g], matches[g], std::span(made).subspan(first, matches[g].size()), rules))
        judgements.push_back(std::move(judgement));
    out.append(judgements);
  };
  for_each_shard(groups_of(items), shard_size, "judgements", out, make);
}

void judge_by_comparisons(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                          const JudgeSettings& settings, RecordSink<Judgement>& out) {
  check_judge(rubric, settings, items);
  const RoundRobin rules{settings.num_evals_to_average, settings.read == "expected", rubric.max_score};
  judge_by_comparisons(
      local_comparisons(judge, PairwiseRubric::of(rubric), settings.sampling, rules.weighted), items, rules,
      judge.generation.shard_size, out);
}

void judge_in_form(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const JudgeSettings& settings, RecordSink<Judgement>& out) {
  return rubric.form == JudgeForm::pairwise ? judge_by_comparisons(judge, rubric, items, settings, out)
                                            : judge_answers(judge, rubric, items, settings, out);
}

}  // namespace selfreward
