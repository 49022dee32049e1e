#include "feedback/eft.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "feedback/judging/score_parser.h"
#include "feedback/verdict_ranks.h"
#include "feedback/verdicts.h"

namespace selfreward {
namespace {

struct ScoredExample {
  Example example;
  double score;
};

/// Why the judgements of a prompt's answers cannot be trusted, or nothing.
std::optional<std::string> reject_reason(const std::vector<std::optional<double>>& scores,
                                         const std::vector<double>& ranks) {
  for (const auto& score : scores)
    if (!score) return "no_score";
  if (std::all_of(ranks.begin(), ranks.end(), [&](double rank) { return rank == ranks[0]; }))
    return "all_ranks_equal";
  const auto sign = [](double x) { return (x > 0) - (x < 0); };
  for (size_t a = 0; a < ranks.size(); ++a)
    for (size_t b = a + 1; b < ranks.size(); ++b)
      if (sign(*scores[a] - *scores[b]) != sign(ranks[b] - ranks[a])) return "order_disagrees";
  return std::nullopt;
}

double chance(const ScoredExample& scored, const Seed& seed) {
  return seed.child(scored.example.id).uniform(0);
}

/// Keeps the `keep` elements with the smallest chance among those that `belongs` selects, in their order.
template <typename Belongs>
int64_t thin(std::vector<ScoredExample>& examples, int64_t keep, const Seed& seed, Belongs belongs) {
  std::vector<double> chances;
  for (const auto& scored : examples)
    if (belongs(scored)) chances.push_back(chance(scored, seed));
  const int64_t surplus = std::ssize(chances) - keep;
  if (surplus <= 0) return 0;
  std::nth_element(chances.begin(), chances.begin() + keep, chances.end());
  const double limit = chances[static_cast<size_t>(keep)];
  std::erase_if(examples,
                [&](const auto& scored) { return belongs(scored) && chance(scored, seed) >= limit; });
  return surplus;
}

/// How many of the most common score may stay, so that their share is at most `share`.
int64_t thin_common_score(std::vector<ScoredExample>& examples, double share, const Seed& seed) {
  std::map<double, int64_t> counts;
  for (const auto& scored : examples) ++counts[scored.score];
  if (counts.size() < 2 || share >= 1) return 0;
  const auto common =
      std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; });
  const double others = static_cast<double>(std::ssize(examples) - common->second);
  const auto keep = static_cast<int64_t>(std::floor(others * share / (1 - share)));
  return thin(examples, keep, seed, [&](const auto& scored) { return scored.score == common->first; });
}

/// Thins and caps the examples into `made`, counting what is dropped.
void keep_some(std::vector<ScoredExample> examples, const EftSettings& settings, const Seed& seed,
               Filtered<Example>& made) {
  // Draws of its own: what survives the thinning by a small chance must not survive the cap by it again.
  if (const int64_t n = thin_common_score(examples, settings.max_score_share, seed.child("common_score")))
    made.dropped["common_score"] = n;
  if (settings.max_examples > 0)
    if (const int64_t n = thin(examples, settings.max_examples, seed, [](const auto&) { return true; }))
      made.dropped["over_maximum"] = n;
  for (auto& scored : examples) made.records.push_back(std::move(scored.example));
}

ScoredExample judging_example(const Rubric& rubric, const RankedAnswers& group, size_t answer,
                              const std::string& reply, double score) {
  Conversation messages = judge_conversation(
      rubric, {group.id, group.prompt, static_cast<int64_t>(answer), group.answers[answer]});
  messages.push_back({"assistant", reply});
  return {{str(group.id, "/", answer), std::move(messages), "eft"}, score};
}

/// What is said before a score, by its share of the maximum.
std::string verdict_text(double share) {
  const char* const texts[] = {"The answer is of no use.",
                               "The answer touches the request but misses most of it.",
                               "The answer covers part of the request and leaves gaps.",
                               "The answer gives the basics of what was asked.",
                               "The answer is good: clear, direct and helpful.",
                               "The answer is excellent: complete, expert and to the point."};
  return texts[std::clamp<int64_t>(std::llround(share * 5), 0, 5)];
}

/// The score between minimum and maximum, a whole number where these are.
double score_of_share(const Rubric& rubric, double share) {
  const double score = rubric.min_score + share * (rubric.max_score - rubric.min_score);
  const bool whole =
      rubric.min_score == std::round(rubric.min_score) && rubric.max_score == std::round(rubric.max_score);
  return whole ? std::round(score) : score;
}

/// The verdict on two answers of a prompt; which is shown first is chance.
ScoredExample comparing_example(const Rubric& rubric, const RankedAnswers& group, size_t a, size_t b,
                                const Seed& seed) {
  const std::string id = str(group.id, "/", a, "-", b);
  if (seed.child("order", id).uniform(0) < 0.5) std::swap(a, b);
  const bool first_is_better = group.ranks[a] < group.ranks[b];
  return {
      {id,
       {{"user", render_two_answers(rubric.template_text, group.prompt, group.answers[a], group.answers[b])},
        {"assistant", rubric.verdict_line_of(first_is_better)}},
       "eft"},
      first_is_better ? 1.0 : 0.0};
}

Filtered<Example> comparisons_from_ranks(const std::vector<RankedAnswers>& ranked, const Rubric& rubric,
                                         const EftSettings& settings, const Seed& seed) {
  std::vector<ScoredExample> examples;
  Filtered<Example> made;
  for (const RankedAnswers& group : ranked)
    for (size_t a = 0; a < group.answers.size(); ++a)
      for (size_t b = a + 1; b < group.answers.size(); ++b)
        if (group.ranks[a] == group.ranks[b])
          ++made.dropped["equal_ranks"];
        else
          examples.push_back(comparing_example(rubric, group, a, b, seed));
  keep_some(std::move(examples), settings, seed, made);
  return made;
}

Filtered<Example> rank_verdict_examples(const std::vector<RankedAnswers>& ranked, const Rubric& rubric,
                                        const EftSettings& settings, const Seed& seed) {
  auto made = verdicts_by_ranks(ranked, rubric.requirements);
  auto chosen = balanced_verdicts(std::move(made.records), settings, seed);
  add_counts(chosen.dropped, made.dropped);
  return {verdict_examples(chosen.records, rubric), std::move(chosen.dropped)};
}

}  // namespace

Filtered<Example> eft_from_ranks(const std::vector<RankedAnswers>& ranked, const Rubric& rubric,
                                 const EftSettings& settings, const Seed& seed) {
  if (rubric.form == JudgeForm::checklist) return rank_verdict_examples(ranked, rubric, settings, seed);
  if (rubric.form == JudgeForm::pairwise) return comparisons_from_ranks(ranked, rubric, settings, seed);
  std::vector<ScoredExample> examples;
  Filtered<Example> made;
  for (const RankedAnswers& group : ranked) {
    const auto [best, worst] = std::minmax_element(group.ranks.begin(), group.ranks.end());
    if (*best == *worst) {
      made.dropped["all_ranks_equal"] += std::ssize(group.answers);
      continue;
    }
    for (size_t i = 0; i < group.answers.size(); ++i) {
      const double share = (*worst - group.ranks[i]) / (*worst - *best);
      const double score = score_of_share(rubric, share);
      const std::string reply =
          verdict_text((score - rubric.min_score) / (rubric.max_score - rubric.min_score)) + "\n" +
          rubric.score_line_of(score);
      examples.push_back(judging_example(rubric, group, i, reply, score));
    }
  }
  keep_some(std::move(examples), settings, seed, made);
  return made;
}

Filtered<Example> eft_at_most(std::vector<Example> examples, const EftSettings& settings, const Seed& seed) {
  std::vector<ScoredExample> scored;
  for (Example& example : examples) scored.push_back({std::move(example), 0});
  Filtered<Example> made;
  keep_some(std::move(scored), settings, seed, made);
  return made;
}

Filtered<Example> build_eft_examples(const std::vector<RankedAnswers>& ranked,
                                     const std::vector<Judgement>& judgements, const Rubric& rubric,
                                     const EftSettings& settings, const Seed& seed) {
  std::map<std::pair<std::string, int64_t>, const Judgement*> by_answer;
  for (const Judgement& judgement : judgements)
    by_answer[{judgement.prompt_id, judgement.index}] = &judgement;
  std::vector<ScoredExample> examples;
  Filtered<Example> made;
  for (const RankedAnswers& group : ranked) {
    std::vector<std::optional<double>> scores;
    std::vector<std::string> texts;
    for (size_t i = 0; i < group.answers.size(); ++i) {
      const auto found = by_answer.find({group.id, static_cast<int64_t>(i)});
      const bool judged = found != by_answer.end() && !found->second->replies.empty();
      scores.push_back(judged ? found->second->replies[0].score : std::nullopt);
      texts.push_back(judged ? found->second->replies[0].text : "");
    }
    if (const auto reason = reject_reason(scores, group.ranks)) {
      made.dropped[*reason] += std::ssize(group.answers);
      continue;
    }
    for (size_t i = 0; i < group.answers.size(); ++i)
      examples.push_back(judging_example(rubric, group, i, texts[i], *scores[i]));
  }
  keep_some(std::move(examples), settings, seed, made);
  return made;
}

int64_t check_eft_scores(const std::vector<Example>& examples, const Rubric& rubric,
                         const std::string& rubric_file) {
  const auto without = std::count_if(examples.begin(), examples.end(), [&](const Example& example) {
    return !parse_judge_reply(example.messages.back().content, FinishReason::stop, rubric).score;
  });
  check(examples.empty() || without < std::ssize(examples), "[eft] none of ", examples.size(),
        " judging examples ends with a score under the score_pattern of ", rubric_file, ", as '",
        examples.empty() ? "" : examples.front().id,
        "'; name the rubric that they were written for in judge.rubric");
  return without;
}

}  // namespace selfreward
