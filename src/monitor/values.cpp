#include "monitor/values.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/format.h"
#include "base/text_util.h"
#include "base/utf8.h"
#include "data/record_file.h"
#include "feedback/rouge.h"

namespace selfreward {
namespace {

struct Moments {
  double sum = 0, squares = 0;
  int64_t count = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
    ++count;
  }
  double mean() const { return count ? sum / static_cast<double>(count) : 0; }
  double variance() const {
    return count ? std::max(0.0, squares / static_cast<double>(count) - mean() * mean()) : 0;
  }
};

/// Entropy in nats of the shares of the counts.
double entropy(const Counts& counts) {
  double total = 0, sum = 0;
  for (const auto& [key, count] : counts) total += static_cast<double>(count);
  for (const auto& [key, count] : counts) {
    const double share = static_cast<double>(count) / total;
    sum -= share * std::log(share);
  }
  return sum;
}

double mean_best_match(const std::vector<Prompt>& prompts, const std::vector<std::string>& others) {
  RougePool pool;
  for (const std::string& text : others) pool.add(text);
  Moments best;
  for (size_t i = 0; i < std::min(kComparedPrompts, prompts.size()); ++i)
    best.add(pool.best_match(prompts[i].text));
  return best.mean();
}

/// Distinct word 4-grams of all prompts against their number; absent where no prompt has four words.
std::optional<double> distinct_4grams(const std::vector<Prompt>& prompts) {
  std::set<std::vector<std::string>> distinct;
  double count = 0;
  for (const Prompt& prompt : prompts) {
    const auto words = split_words(prompt.text);
    for (auto at = words.begin(); words.end() - at >= 4; ++at, ++count) distinct.emplace(at, at + 4);
  }
  if (count == 0) return std::nullopt;
  return static_cast<double>(distinct.size()) / count;
}

}  // namespace

Json prompt_values(const std::vector<Prompt>& prompts, const std::vector<std::string>& seeds,
                   const std::vector<std::string>& earlier) {
  Json values{{"compared", std::min(kComparedPrompts, prompts.size())}};
  if (!seeds.empty()) values["seed_likeness"] = mean_best_match(prompts, seeds);
  if (!earlier.empty()) values["earlier_likeness"] = mean_best_match(prompts, earlier);
  if (const auto distinct = distinct_4grams(prompts)) values["prompt_variety"] = *distinct;
  return values;
}

Json candidate_counts(const std::vector<Candidate>& candidates) {
  int64_t stopped = 0, tokens = 0, duplicates = 0;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Candidate& candidate : candidates) {
    stopped += candidate.finish_reason == FinishReason::stop;
    tokens += std::ssize(candidate.token_ids);
    duplicates += !seen.emplace(candidate.prompt_id, candidate.text).second;
  }
  Json counts;
  counts["candidates"] = candidates.size();
  counts["candidates_stopped"] = stopped;
  counts["answer_tokens_mean"] =
      static_cast<double>(tokens) / static_cast<double>(std::max<size_t>(1, candidates.size()));
  counts["duplicate_candidates"] = duplicates;
  return counts;
}

double repeated_4grams(const TokenIds& ids) {
  constexpr int64_t kFewest = 8;
  const int64_t count = std::ssize(ids) - 3;
  if (count < kFewest) return 0;
  std::set<std::array<int64_t, 4>> distinct;
  for (size_t i = 0; i + 3 < ids.size(); ++i) distinct.insert({ids[i], ids[i + 1], ids[i + 2], ids[i + 3]});
  return 1 - static_cast<double>(distinct.size()) / static_cast<double>(count);
}

Json candidate_values(const std::vector<Candidate>& candidates) {
  Moments looping, repeated;
  std::vector<int64_t> lengths;
  for (const Candidate& candidate : candidates) {
    const double share = repeated_4grams(candidate.token_ids);
    repeated.add(share);
    looping.add(share > 0.5);
    lengths.push_back(std::ssize(candidate.token_ids));
  }
  return {{"looping", looping.mean()},
          {"repeated_4grams", repeated.mean()},
          {"answer_tokens", histogram_of(lengths)}};
}

std::vector<double> judge_scores(const Judgement& judgement) {
  const auto& replies = judgement.replies;
  if (!replies.empty() && !replies.front().requirement.empty())
    return judgement.score ? std::vector{*judgement.score} : std::vector<double>();
  std::vector<double> scores;
  for (const JudgeReply& reply : replies)
    if (const auto& score = reply.expected ? reply.expected : reply.score) scores.push_back(*score);
  return scores;
}

Json judgement_counts(const std::vector<Judgement>& judgements) {
  int64_t replies = 0, unscored = 0;
  Counts failures, histogram;
  Moments scores, variances;
  for (const Judgement& judgement : judgements) {
    Moments own;
    unscored += !judgement.score;
    for (const JudgeReply& reply : judgement.replies) {
      ++replies;
      if (reply.failure) ++failures[to_string(*reply.failure)];
    }
    for (const double score : judge_scores(judgement)) {
      ++histogram[significant(std::round(10 * score) / 10,
                              6)];  // soft scores in tenths: each is another number
      scores.add(score);
      own.add(score);
    }
    if (own.count > 1) variances.add(own.variance());
  }
  Json counts{{"judge_replies", replies},
              {"judge_failures", failures},
              {"unscored_answers", unscored},
              {"score_histogram", histogram}};
  if (scores.count == 0) return counts;
  counts["score_mean"] = scores.mean();
  counts["score_std"] = std::sqrt(scores.variance());
  counts["score_entropy"] = entropy(histogram);
  counts["k_variance"] = variances.mean();
  return counts;
}

std::optional<double> judge_noise(const std::vector<Judgement>& judgements) {
  Moments all, within;
  for (const Judgement& judgement : judgements) {
    std::map<std::string, Moments> by_question;
    for (const JudgeReply& reply : judgement.replies)
      if (reply.score) by_question[reply.requirement].add(*reply.score), all.add(*reply.score);
    for (const auto& [requirement, own] : by_question)
      if (const auto n = static_cast<double>(own.count); n > 1) within.add(own.variance() * n / (n - 1));
  }
  if (within.count == 0 || all.variance() < 1e-9) return std::nullopt;
  return within.mean() / all.variance();
}

Json pair_lengths(const std::vector<PreferencePair>& pairs) {
  const bool tokens = std::none_of(pairs.begin(), pairs.end(), [](const PreferencePair& pair) {
    return pair.chosen_ids.empty() || pair.rejected_ids.empty();
  });
  double chosen = 0, rejected = 0;
  for (const PreferencePair& pair : pairs) {
    chosen += static_cast<double>(tokens ? std::ssize(pair.chosen_ids) : count_characters(pair.chosen));
    rejected += static_cast<double>(tokens ? std::ssize(pair.rejected_ids) : count_characters(pair.rejected));
  }
  return {{"chosen_length", chosen / static_cast<double>(pairs.size())},
          {"rejected_length", rejected / static_cast<double>(pairs.size())},
          {"length_unit", tokens ? "tokens" : "characters"}};
}

std::optional<double> mean_score(const std::vector<Judgement>& judgements) {
  Moments scores;
  for (const Judgement& judgement : judgements)
    if (judgement.score) scores.add(*judgement.score);
  if (scores.count == 0) return std::nullopt;
  return scores.mean();
}

Json histogram_of(const std::vector<int64_t>& values) {
  constexpr int64_t kBuckets = 30;
  if (values.empty()) return nullptr;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const int64_t width = (*most - *least) / kBuckets + 1;
  std::vector<double> limits, counts;
  for (int64_t low = *least; low <= *most; low += width) {
    limits.push_back(static_cast<double>(low + width));
    counts.push_back(0);
  }
  Moments moments;
  for (const int64_t value : values) {
    ++counts[static_cast<size_t>((value - *least) / width)];
    moments.add(static_cast<double>(value));
  }
  return {{"min", *least},
          {"max", *most},
          {"num", values.size()},
          {"sum", moments.sum},
          {"sum_squares", moments.squares},
          {"bucket_limit", limits},
          {"bucket", counts}};
}

}  // namespace selfreward
