#include "evaluate/statistics/calibration.h"

#include <cmath>
#include <map>
#include <set>

namespace selfreward {
namespace {

int64_t bin_of(double score) {
  return static_cast<int64_t>(std::floor(score + 0.5));
}

/// Sums over the answers of one score.
struct Bin {
  double answers = 0, score = 0, rank = 0, beaten = 0, best = 0;
  double with_gold = 0, gold = 0, score_with_gold = 0;

  void add(const JudgedAnswer& answer) {
    ++answers;
    score += *answer.score;
    rank += static_cast<double>(answer.rank);
    beaten += answer.beaten;
    best += answer.rank == 0;
    if (!answer.gold) return;
    ++with_gold;
    gold += *answer.gold;
    score_with_gold += *answer.score;
  }
};

std::map<int64_t, Bin> bins_of(const std::vector<JudgedAnswer>& answers) {
  std::map<int64_t, Bin> bins;
  for (const JudgedAnswer& answer : answers)
    if (answer.score) bins[bin_of(*answer.score)].add(answer);
  return bins;
}

JudgedAnswer judged_answer(const ScoredAnswers& prompt, size_t at) {
  std::set<double> better;
  double beaten = 0;
  for (size_t j = 0; j < prompt.ranks.size(); ++j) {
    if (prompt.ranks[j] < prompt.ranks[at]) better.insert(prompt.ranks[j]);
    if (j != at)
      beaten += prompt.ranks[j] > prompt.ranks[at] ? 1 : prompt.ranks[j] == prompt.ranks[at] ? 0.5 : 0;
  }
  const double others = static_cast<double>(prompt.ranks.size()) - 1;
  return {prompt.scores[at], std::ssize(better), others > 0 ? beaten / others : 0, std::nullopt};
}

}  // namespace

std::vector<JudgedAnswer> judged_answers(const std::vector<ScoredAnswers>& prompts,
                                         const std::vector<std::optional<double>>& gold) {
  std::vector<JudgedAnswer> answers;
  for (const ScoredAnswers& prompt : prompts)
    for (size_t i = 0; i < prompt.ranks.size(); ++i) {
      JudgedAnswer answer = judged_answer(prompt, i);
      if (!gold.empty()) answer.gold = gold.at(answers.size());
      answers.push_back(answer);
    }
  return answers;
}

Json reliability_table(const std::vector<JudgedAnswer>& answers) {
  Json rows = Json::array();
  for (const auto& [score, bin] : bins_of(answers)) {
    Json row{{"score", score},
             {"answers", static_cast<int64_t>(bin.answers)},
             {"mean_score", bin.score / bin.answers},
             {"mean_rank", bin.rank / bin.answers},
             {"beaten", bin.beaten / bin.answers},
             {"best", bin.best / bin.answers}};
    if (bin.with_gold > 0) row["gold"] = bin.gold / bin.with_gold;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<double> calibration_error(const std::vector<JudgedAnswer>& answers) {
  double sum = 0, count = 0;
  for (const auto& [score, bin] : bins_of(answers)) {
    sum += std::abs(bin.score_with_gold - bin.gold);
    count += bin.with_gold;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

Json confusion_table(const std::vector<JudgedAnswer>& answers) {
  std::map<int64_t, std::map<int64_t, int64_t>> counts;
  std::map<int64_t, int64_t> unscored;
  int64_t ranks = 0;
  for (const JudgedAnswer& answer : answers) {
    ranks = std::max(ranks, answer.rank + 1);
    ++(answer.score ? counts[bin_of(*answer.score)] : unscored)[answer.rank];
  }
  Json table{{"scores", Json::array()}, {"ranks", Json::array()}, {"counts", Json::array()}};
  for (int64_t rank = 0; rank < ranks; ++rank) table["ranks"].push_back(rank);
  const auto add_row = [&](const Json& score, std::map<int64_t, int64_t>& row) {
    table["scores"].push_back(score);
    Json cells = Json::array();
    for (int64_t rank = 0; rank < ranks; ++rank) cells.push_back(row[rank]);
    table["counts"].push_back(std::move(cells));
  };
  for (auto& [score, row] : counts) add_row(score, row);
  add_row(nullptr, unscored);
  return table;
}

}  // namespace selfreward
