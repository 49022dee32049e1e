#include "monitor/values.h"

#include <doctest/doctest.h>

#include "monitor/rules.h"

using namespace selfreward;

namespace {

Judgement judged(const std::string& prompt, int64_t index, const std::vector<double>& scores) {
  Judgement judgement{prompt, index, {}, std::nullopt};
  double sum = 0;
  for (const double score : scores) {
    judgement.replies.push_back({"", score, std::nullopt});
    sum += score;
  }
  if (!scores.empty()) judgement.score = sum / static_cast<double>(scores.size());
  return judgement;
}

std::vector<std::string> warned(const Readings& readings) {
  std::vector<std::string> names;
  for (const Reading& reading : readings)
    if (!reading.warning.empty()) names.push_back(reading.name);
  return names;
}

}  // namespace

TEST_CASE("new prompts are compared with seeds, earlier rounds and each other") {
  const std::vector<Prompt> prompts{{"1", "name three red birds of Europe", "M1"},
                                    {"2", "name three red birds of Asia", "M1"}};
  const Json alone = prompt_values(prompts, {}, {});
  CHECK(!alone.contains("seed_likeness"));
  CHECK(alone["prompt_variety"].get<double>() == doctest::Approx(4.0 / 6));  // 3 + 3, two of them twice
  const Json values = prompt_values(prompts, {"name three red birds of Europe"}, {"sing"});
  CHECK(values["seed_likeness"].get<double>() == doctest::Approx((1 + 5.0 / 6) / 2));
  CHECK(values["earlier_likeness"] == 0);
  CHECK(warned(prompt_readings(values, {})) == std::vector<std::string>{"seed_likeness"});
}

TEST_CASE("an answer that runs in a loop is told from one that does not") {
  TokenIds straight, loop;
  for (int64_t i = 0; i < 40; ++i) straight.push_back(i), loop.push_back(i % 3);
  CHECK(repeated_4grams(straight) == 0);
  CHECK(repeated_4grams(loop) == doctest::Approx(1 - 3.0 / 37));
  CHECK(repeated_4grams({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}) == 0);  // too short to say
  const Json values = candidate_values(
      {{"p", 0, straight, "a", FinishReason::stop}, {"p", 1, loop, "b", FinishReason::length}});
  CHECK(values["looping"] == 0.5);
  CHECK(values["answer_tokens"]["num"] == 2);
  CHECK(warned(candidate_readings(values, {})) == std::vector<std::string>{"looping"});
}

TEST_CASE("judge_noise is the share of the variance within an answer") {
  CHECK(!judge_noise({judged("a", 0, {3}), judged("a", 1, {4})}));  // one reply each: nothing is known
  CHECK(!judge_noise({judged("a", 0, {3, 3})}));                    // no variance at all
  CHECK(judge_noise({judged("a", 0, {1, 1}), judged("a", 1, {5, 5})}) == 0.0);
  // within: 2 (unbiased) for each answer; all four scores 1, 3, 1, 3: variance 1
  const auto noise = judge_noise({judged("a", 0, {1, 3}), judged("a", 1, {1, 3})});
  CHECK(*noise == doctest::Approx(2));
  CHECK(warned(judgement_readings({{"judge_noise", *noise}}, {})) == std::vector<std::string>{"judge_noise"});
}

TEST_CASE("counts of candidates and judgements") {
  const Json counts = candidate_counts({{"p", 0, {1, 2}, "a", FinishReason::stop},
                                        {"p", 1, {1, 2, 3, 4}, "a", FinishReason::length},
                                        {"q", 0, {}, "a", FinishReason::stop}});
  CHECK(counts["duplicate_candidates"] == 1);
  CHECK(counts["candidates_stopped"] == 2);
  CHECK(counts["answer_tokens_mean"] == 2);
  Judgement failed = judged("a", 1, {});
  failed.replies.push_back({"", std::nullopt, JudgeFailure::cut_off});
  const Json judge = judgement_counts({judged("a", 0, {2, 4}), failed});
  CHECK(judge["judge_failures"] == Json{{"cut_off", 1}});
  CHECK(judge["score_histogram"] == Json{{"2", 1}, {"4", 1}});
  CHECK(judge["score_entropy"].get<double>() == doctest::Approx(std::log(2)));
  CHECK(judge["k_variance"] == 1);
}

TEST_CASE("soft scores are counted in tenths, as each of them is another number") {
  const auto soft = [](double expected) {
    return Judgement{"p", 0, {{"", 1.0, std::nullopt, "", expected, {}}}, expected};
  };
  const Json judge = judgement_counts({soft(0.0011), soft(0.0012), soft(0.9731), soft(0.32)});
  CHECK(judge["score_histogram"] == Json{{"0", 2}, {"0.3", 1}, {"1", 1}});
  CHECK(judge["score_mean"].get<double>() == doctest::Approx((0.0011 + 0.0012 + 0.9731 + 0.32) / 4));
}

TEST_CASE("a histogram holds every value once") {
  const Json histogram = histogram_of({1, 1, 2, 100});
  double sum = 0;
  for (const Json& count : histogram["bucket"]) sum += count.get<double>();
  CHECK(sum == 4);
  CHECK(histogram["bucket"][0] == 3);
  CHECK(histogram["bucket"].size() <= 30);
  CHECK(histogram["bucket_limit"].back().get<double>() > 100);
  CHECK(histogram["sum_squares"] == 10006);
  CHECK(histogram_of({}).is_null());
}

TEST_CASE("training: a fall counts from 20 steps on, KL is minus the mean reward over beta") {
  Json training{{"logged", 19}, {"chosen_logps_ends", {-60, -80}}, {"mean_reward_end", -4.0}, {"beta", 0.1}};
  CHECK(warned(training_readings(training, {})) == std::vector<std::string>{"kl"});
  training["logged"] = 20;
  CHECK(warned(training_readings(training, {})) == std::vector<std::string>{"chosen_fall", "kl"});
  training["beta"] = 0.4;
  for (const Reading& reading : training_readings(training, {}))
    if (reading.name == "kl") CHECK(reading.value == doctest::Approx(10));
  training["chosen_logps_ends"] = {-1, -2.9};  // a large share, but of little
  CHECK(warned(training_readings(training, {})).empty());
}

TEST_CASE("a judge that drifts is found by its order and by its scale") {
  const Json first{{"pairwise_accuracy", 0.8}, {"mean_score", 3.0}};
  CHECK(warned(judge_readings(first, first, 5, {})).empty());
  CHECK(warned(judge_readings(first, {{"pairwise_accuracy", 0.7}, {"mean_score", 4.2}}, 5, {})) ==
        std::vector<std::string>{"judge_loss", "score_drift"});
  CHECK(warned(judge_readings({}, first, 5, {})).empty());
}
