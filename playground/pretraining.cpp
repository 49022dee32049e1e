#include "playground/pretraining.h"

#include "playground/answers.h"
#include "playground/judging.h"

namespace selfreward::playground {
namespace {

constexpr double kShareOfAnswers = 0.45, kShareOfJudgements = 0.45;
constexpr double kAnswerAim = 0.5;      // probability that an answer cares about a requirement
constexpr double kJudgedAim = 0.7;      // the same for the answers that are judged
constexpr double kVerdictNoise = 0.25;  // probability that a verdict is wrong
constexpr uint64_t kShortestList = 3, kLongestList = 5;

PretrainingText answer_text(const Seed& seed) {
  const Request request = make_request(seed.child("request"));
  const std::string word = noisy_word(request.requirements, kAnswerAim, seed.child("answer"));
  return {PretrainingText::Kind::answer, {{"user", render(request)}, {"assistant", render_word(word)}}, ""};
}

PretrainingText judging_text(const Seed& seed) {
  const Request request = make_request(seed.child("request"));
  const std::string word = noisy_word(request.requirements, kJudgedAim, seed.child("answer"));
  const auto verdicts =
      noisy_verdicts(right_verdicts(request.requirements, word), kVerdictNoise, seed.child("verdicts"));
  return {PretrainingText::Kind::judgement,
          {{"user", judge_prompt(render(request), render_word(word))},
           {"assistant", judgement_text(request.requirements, word, verdicts)}},
          ""};
}

PretrainingText list_text(const Seed& seed) {
  const uint64_t size = kShortestList + seed.child("size").below(0, kLongestList - kShortestList + 1);
  std::vector<std::string> prompts;
  for (uint64_t i = 0; i < size; ++i) prompts.push_back(render(make_request(seed.child("request", i))));
  return {PretrainingText::Kind::list, {}, prompt_list(prompts) + std::string(kEndToken)};
}

}  // namespace

PretrainingText pretraining_text(const Seed& seed, uint64_t index) {
  const Seed here = seed.child("text", index);
  const double kind = here.child("kind").uniform(0);
  if (kind < kShareOfAnswers) return answer_text(here);
  return kind < kShareOfAnswers + kShareOfJudgements ? judging_text(here) : list_text(here);
}

std::string prompt_list(const std::vector<std::string>& prompts) {
  std::string text(kListHeader);
  for (size_t i = 0; i < prompts.size(); ++i) text += str("\n", i + 1, ". ", prompts[i]);
  return text;
}

}  // namespace selfreward::playground
