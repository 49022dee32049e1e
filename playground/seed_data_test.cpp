#include "playground/seed_data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "data/jsonl.h"
#include "playground/words.h"
#include "support/scratch.h"

using namespace selfreward;
using namespace selfreward::playground;

namespace {
const SeedData& data() {
  static const SeedData kData = make_seed_data(Seed(kDataSeed));
  return kData;
}

/// The gold score of an answer to a prompt of the world.
int gold(const std::string& prompt, const std::string& answer) {
  return gold_score(parse_request(prompt).value().requirements, parse_word(answer));
}

void check_ranks(const RankedAnswers& ranked) {
  for (size_t i = 0; i < ranked.answers.size(); ++i)
    for (size_t j = 0; j < ranked.answers.size(); ++j) {
      const int a = gold(ranked.prompt, ranked.answers[i]), b = gold(ranked.prompt, ranked.answers[j]);
      CHECK((a > b) == (ranked.ranks[i] < ranked.ranks[j]));
    }
  CHECK(*std::min_element(ranked.ranks.begin(), ranked.ranks.end()) == 0);
}
}  // namespace

TEST_CASE("the files in playground/data are those that the program writes") {
  const fs::path dir = scratch_dir();
  write_data(dir, Seed(kDataSeed));
  for (const char* name : {"ift", "ranked", "held_out_prompts", "held_out_ranked", "eft_gold"}) {
    const std::string file = std::string(name) + ".jsonl";
    CHECK_MESSAGE(
        read_file(dir / file) == read_file(fs::path(SELFREWARD_SOURCE_DIR "/playground/data") / file), file);
  }
}

TEST_CASE("no request occurs twice, in whatever order its requirements stand") {
  std::map<std::set<std::string>, int> uses;
  const auto use = [&](const std::string& prompt) {
    const Request request = parse_request(prompt).value();
    std::set<std::string> parts;
    for (const Requirement& requirement : request.requirements) parts.insert(render(requirement));
    ++uses[parts];
  };
  const auto instruction = [](const std::string& judge_prompt) {  // between "judge : " and " answer : "
    return judge_prompt.substr(8, judge_prompt.rfind(" answer : ") - 8);
  };
  for (const auto& example : data().ift) use(example.messages[0].content);
  for (const auto& ranked : data().ranked) use(ranked.prompt);
  for (const auto& prompt : data().held_out_prompts) use(prompt.text);
  for (const auto& ranked : data().held_out_ranked) use(ranked.prompt);
  for (const auto& example : data().eft_gold) use(instruction(example.messages[0].content));
  CHECK(uses.size() == 150 + 800 + 500 + 150 + 300);
}

TEST_CASE("every IFT answer meets its whole prompt") {
  for (const auto& example : data().ift)
    CHECK(gold(example.messages[0].content, example.messages[1].content) == 5);
}

TEST_CASE("answers are ranked by gold and ties share a rank") {
  for (const auto& ranked : data().ranked) check_ranks(ranked);
  for (const auto& ranked : data().held_out_ranked) check_ranks(ranked);
  CHECK(data().ranked[0].answers.size() == 3);
  CHECK(data().held_out_ranked[0].answers.size() == 4);
}

TEST_CASE("the place of an answer says nothing about its quality") {
  double first = 0, last = 0;
  for (const auto& ranked : data().ranked) {
    first += gold(ranked.prompt, ranked.answers.front());
    last += gold(ranked.prompt, ranked.answers.back());
  }
  CHECK(first / 800 == doctest::Approx(last / 800).epsilon(0.05));  // in order of quality: 4.7 against 3.2
}
