#include "verifiable/data.h"

#include <algorithm>
#include <cmath>

#include "data/jsonl.h"
#include "verifiable/compose.h"

namespace selfreward::verifiable {
namespace {

constexpr uint64_t kSeed = 1;
const std::vector<Share> kTrain = {{"text", 150},    {"list", 60},   {"json", 30},
                                   {"language", 20}, {"choice", 30}, {"letter", 30}};
const std::vector<Share> kEval = {{"text", 75},     {"list", 30},   {"json", 15},
                                  {"language", 10}, {"choice", 15}, {"letter", 15}};
const std::vector<Share> kRanked = {{"text", 56},    {"list", 20},   {"json", 10},
                                    {"language", 6}, {"choice", 10}, {"letter", 10}};
const std::vector<Share> kEvalRanked = {{"text", 20},    {"list", 8},   {"json", 3},
                                        {"language", 3}, {"choice", 3}, {"letter", 3}};

/// Shares of the same proportions whose sum is `total`: each is the difference of two rounded running sums.
std::vector<Share> in_proportion(const std::vector<Share>& shares, int64_t total) {
  int64_t sum = 0, so_far = 0, given = 0;
  for (const Share& share : shares) sum += share.count;
  std::vector<Share> scaled;
  for (const Share& share : shares) {
    so_far += share.count;
    const int64_t until = (total * so_far + sum / 2) / sum;
    scaled.push_back({share.category, until - given});
    given = until;
  }
  return scaled;
}

/// Which requirements the four answers miss: none, one, about half, all.
std::vector<std::vector<bool>> carelessness(size_t count, const Seed& seed) {
  std::vector<std::vector<bool>> missed(4, std::vector<bool>(count, false));
  missed[1][seed.below(0, count)] = true;
  for (size_t i = 0; i < count; ++i) missed[2][i] = seed.child("half").below(i, 2) == 0;
  missed[3].assign(count, true);
  return missed;
}

/// Sometimes the worst answer is one that goes round in circles, as small models do.
std::string worst_answer(const std::string& answer, const Topic& topic, const Seed& seed) {
  if (seed.below(0, 6) != 0) return answer;
  std::string circles = topic.sentences.front();
  for (int i = 0; i < 5; ++i) circles += " " + topic.sentences.front();
  return circles;
}

double misses_of(const MadePrompt& made, const std::string& answer) {
  const auto result = check_requirements(made.row.requirements, made.row.prompt, answer);
  return std::round((1 - result.share()) * static_cast<double>(result.verdicts.size()));
}

RankedAnswers ranked_answers(const MadePrompt& made, const Seed& seed) {
  RankedAnswers ranked{made.row.id, made.row.prompt, {}, {}};
  const auto missed = carelessness(made.row.requirements.size(), seed);
  for (const size_t i : seed.child("order").permutation(missed.size())) {
    const Seed here = seed.child(i);
    std::string answer = compose(careless_draft(made.row.requirements, missed[i], made.topic, here),
                                 made.topic, here.child("answer"));
    if (i == 3) answer = worst_answer(answer, made.topic, here);
    ranked.ranks.push_back(misses_of(made, answer));
    ranked.answers.push_back(std::move(answer));
  }
  return ranked;
}

void rank(const std::vector<MadePrompt>& made, const Seed& seed, std::vector<RankedAnswers>& ranked,
          std::vector<VerifiablePrompt>& asked) {
  for (const MadePrompt& one : made) {
    asked.push_back(one.row);
    ranked.push_back(ranked_answers(one, seed.child(one.row.id)));
  }
}

std::vector<VerifiablePrompt> rows_of(const std::vector<MadePrompt>& made) {
  std::vector<VerifiablePrompt> rows;
  for (const MadePrompt& one : made) rows.push_back(one.row);
  return rows;
}

std::vector<Example> judgements(const Data& data, const Rubric& rubric) {
  std::vector<Example> examples;
  for (size_t i = 0; i < data.ranked.size(); ++i)
    for (size_t a = 0; a < data.ranked[i].answers.size(); ++a) {
      const RankedAnswers& group = data.ranked[i];
      const auto result = check_requirements(data.asked[i].requirements, group.prompt, group.answers[a]);
      examples.push_back({str(group.id, "/", a),
                          {{"user", rubric.render(group.prompt, group.answers[a])},
                           {"assistant", right_judgement(result, rubric.max_score)}},
                          "eft"});
    }
  return examples;
}

/// Ranked rows with their prompts' requirements, so that the ranks can be made again from the file alone.
std::string ranked_lines(const std::vector<RankedAnswers>& ranked,
                         const std::vector<VerifiablePrompt>& asked) {
  std::string text;
  for (size_t i = 0; i < ranked.size(); ++i) {
    Json row = ranked[i];
    row["requirements"] = asked[i].requirements;
    text += to_line(row);
  }
  return text;
}

}  // namespace

std::string right_judgement(const VerifiableResult& result, double max_score) {
  const std::string score = str("Score: ", std::llround(max_score * result.share()));
  if (!result.worthless.empty()) return "- worthless: " + result.worthless + "\n" + score;
  std::string text;
  for (const RequirementVerdict& verdict : result.verdicts)
    text += str("- ", verdict.wanted, ": ", verdict.found, verdict.met ? ", yes\n" : ", no\n");
  return text + score;
}

Data make_data(const std::vector<Topic>& topics, const Rubric& rubric) {
  const Seed seed(kSeed);
  std::set<std::string> taken;
  Data data;
  data.train = rows_of(make_prompts(topics, {"train", "train", kTrain}, seed, taken));
  data.eval = rows_of(make_prompts(topics, {"eval", "eval", kEval}, seed, taken));
  rank(make_prompts(topics, {"ranked", "train", kRanked}, seed, taken), seed, data.ranked, data.asked);
  rank(make_prompts(topics, {"eval_ranked", "eval", kEvalRanked}, seed, taken), seed, data.eval_ranked,
       data.eval_asked);
  data.eft = judgements(data, rubric);
  return data;
}

std::vector<VerifiablePrompt> more_prompts(const std::vector<Topic>& topics, const std::string& split,
                                           std::set<std::string> taken, int64_t count, uint64_t seed) {
  const bool training = split == "train";
  const PromptSet set{str(training ? "more-" : "more-eval-", seed), split, in_proportion(kTrain, count),
                      training ? "more" : split};
  return rows_of(make_prompts(topics, set, Seed(seed), taken));
}

std::vector<std::pair<std::string, std::string>> data_files(const Data& data) {
  return {{"train.jsonl", to_jsonl(data.train)},
          {"eval.jsonl", to_jsonl(data.eval)},
          {"ranked.jsonl", ranked_lines(data.ranked, data.asked)},
          {"eval_ranked.jsonl", ranked_lines(data.eval_ranked, data.eval_asked)},
          {"eft.jsonl", to_jsonl(data.eft)}};
}

}  // namespace selfreward::verifiable
