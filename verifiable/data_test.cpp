// What verifiable/ holds: files that are the program's own output, prompts apart from each other, and answers
// that have the score they should have.
#include "verifiable/data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "data/readers.h"
#include "verifiable/phrases.h"

using namespace selfreward;
using namespace selfreward::verifiable;

namespace {
const fs::path kDir = fs::path(SELFREWARD_SOURCE_DIR) / "verifiable";

std::vector<Topic> topics() {
  return read_topics(kDir / "topics.jsonl");
}

std::string small(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool occurs(const std::string& text, const std::string& topic) {
  return small(text).find(small(topic)) != std::string::npos;
}
}  // namespace

TEST_CASE("the made files are what the program makes of topics and rubric") {
  INFO("make them again: verifiable_data verifiable");
  const Data data = make_data(topics(), Rubric::load(kDir / "rubric.yaml"));
  for (const auto& [name, content] : data_files(data))
    CHECK_MESSAGE((read_file(kDir / name) == content), name);
}

TEST_CASE("there are 320 prompts to train on and 160 to evaluate with, of six categories and 19 kinds") {
  const auto train = read_verifiable(kDir / "train.jsonl"), eval = read_verifiable(kDir / "eval.jsonl");
  CHECK(train.size() == 320);
  CHECK(eval.size() == 160);
  for (const auto* rows : {&train, &eval}) {
    std::map<std::string, int> categories, sizes;
    std::set<RequirementKind> kinds;
    for (const VerifiablePrompt& row : *rows) {
      ++categories[row.category];
      ++sizes[std::to_string(row.requirements.size())];
      for (const Requirement& r : row.requirements) kinds.insert(r.kind);
    }
    CHECK(categories.size() == 6);
    CHECK(kinds.size() == 19);
    CHECK(sizes.size() == 4);
    for (const auto& [size, count] : sizes) CHECK_MESSAGE(count > std::ssize(*rows) / 12, size);
  }
}

TEST_CASE("all ids and all prompts are different") {
  std::set<std::string> ids, texts;
  size_t count = 0;
  for (const char* name : {"train.jsonl", "eval.jsonl", "ranked.jsonl", "eval_ranked.jsonl", "ift.jsonl"})
    for (const VerifiablePrompt& row : read_verifiable(kDir / name)) {
      CHECK_MESSAGE(ids.insert(row.id).second, row.id);
      CHECK_MESSAGE(texts.insert(row.prompt).second, row.prompt);
      ++count;
    }
  CHECK(count == 320 + 160 + 112 + 40 + 64);
}

TEST_CASE("training and evaluation share neither topics nor wordings") {
  std::set<std::string> train;
  for (const std::string& wording : all_wordings("more")) train.insert(wording);
  CHECK(train.size() > all_wordings("train").size() + 80);
  for (const std::string& wording : all_wordings("eval")) CHECK_MESSAGE(train.count(wording) == 0, wording);
  const auto all = topics();
  CHECK(all.size() >= 200);
  for (const Topic& a : all)
    for (const Topic& b : all)
      if (a.split == "train" && b.split == "eval")
        CHECK_MESSAGE((!occurs(" " + a.name + " ", " " + b.name + " ") &&
                       !occurs(" " + b.name + " ", " " + a.name + " ")),
                      a.name);
}

TEST_CASE("more prompts are in proportion, with words of training alone, and none that was there") {
  std::set<std::string> taken;
  for (const VerifiablePrompt& row : read_verifiable(kDir / "train.jsonl")) taken.insert(row.prompt);
  const auto before = taken;
  std::map<std::string, int> categories;
  for (const uint64_t seed : {7, 8}) {
    for (const VerifiablePrompt& row : more_prompts(topics(), "train", taken, 400, seed)) {
      CHECK_MESSAGE(taken.insert(row.prompt).second, row.prompt);
      ++categories[row.category];
      for (const Requirement& r : row.requirements) CHECK(row.prompt.find(r.wording) != std::string::npos);
    }
  }
  CHECK(taken.size() == before.size() + 800);
  CHECK(categories["text"] == 376);  // 150 of 320
  CHECK(categories["language"] == 50);
  for (const std::string& wording : all_wordings("eval"))
    for (const std::string& prompt : taken)
      if (wording.find('{') == std::string::npos)
        CHECK_MESSAGE(prompt.find(wording) == std::string::npos, wording);
}

TEST_CASE("more prompts to evaluate on share no topic and no wording with training") {
  std::set<std::string> taken;
  for (const VerifiablePrompt& row : read_verifiable(kDir / "eval.jsonl")) taken.insert(row.prompt);
  const auto rows = more_prompts(topics(), "eval", taken, 320, 1);
  CHECK(rows.size() == 320);
  CHECK(rows.front().id == "more-eval-1-001");
  const auto training_topics = topics_of(topics(), "noun", "train");
  for (const VerifiablePrompt& row : rows) {
    CHECK_MESSAGE(taken.insert(row.prompt).second, row.prompt);
    for (const Topic& topic : training_topics)
      CHECK_MESSAGE(!occurs(" " + topic.name + " ", " " + row.prompt + " "), row.prompt);
    for (const char* split : {"train", "more"})
      for (const std::string& wording : all_wordings(split))
        if (wording.find('{') == std::string::npos)
          CHECK_MESSAGE(row.prompt.find(wording) == std::string::npos, wording);
  }
}

TEST_CASE("every hand-written answer of ift.jsonl meets all that its prompt asks for") {
  const auto rows = read_verifiable(kDir / "ift.jsonl");
  const auto examples = read_examples(kDir / "ift.jsonl");
  CHECK(rows.size() >= 60);
  CHECK(examples.dropped.empty());
  CHECK(examples.records.size() == rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto result =
        check_requirements(rows[i].requirements, rows[i].prompt, examples.records[i].messages.back().content);
    const auto misses = result.misses();
    CHECK_MESSAGE(result.all_met(), rows[i].id, ": ", (misses.empty() ? "" : misses.front()));
    CHECK(examples.records[i].messages.front().content == rows[i].prompt);
  }
}

TEST_CASE("the hand-written answers show every kind of requirement") {
  std::set<std::string> kinds;
  for (const VerifiablePrompt& row : read_verifiable(kDir / "ift.jsonl"))
    for (const Requirement& r : row.requirements) kinds.insert(to_string(r.kind));
  CHECK(kinds.size() == 19);
}

TEST_CASE("the ranks of ranked answers count what the scorer misses, and each group has an order") {
  for (const char* name : {"ranked.jsonl", "eval_ranked.jsonl"}) {
    const auto asked = read_verifiable(kDir / name);
    const auto ranked = read_ranked(kDir / name).records;
    CHECK(ranked.size() == asked.size());
    for (size_t i = 0; i < ranked.size(); ++i) {
      const double n = static_cast<double>(asked[i].requirements.size());
      for (size_t a = 0; a < ranked[i].answers.size(); ++a)
        CHECK(n * check_requirements(asked[i].requirements, asked[i].prompt, ranked[i].answers[a]).share() ==
              doctest::Approx(n - ranked[i].ranks[a]));
      const auto [best, worst] = std::minmax_element(ranked[i].ranks.begin(), ranked[i].ranks.end());
      CHECK_MESSAGE(*best == 0, ranked[i].id);
      CHECK_MESSAGE(*worst > 0, ranked[i].id);
    }
  }
}

TEST_CASE("a right judgement names what was wanted and found, and the score") {
  const auto all = parse_json(R"([{"kind":"sentences","max":1},{"kind":"include","words":["tea"]}])", "test")
                       .get<Requirements>();
  CHECK(right_judgement(check_requirements(all, "", "I like tea. I do."), 5) ==
        "- at most 1 sentences: 2 sentences, no\n- the word \"tea\": \"tea\", yes\nScore: 3");
  CHECK(right_judgement(check_requirements(all, "", "tea"), 5) ==
        "- worthless: fewer than 3 words\nScore: 0");
}
