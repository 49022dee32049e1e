#include "feedback/rouge.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "base/json.h"
#include "base/seed.h"

using namespace selfreward;

namespace {

double rouge_l(const std::string& a, const std::string& b) {
  RougePool pool;
  pool.add(b);
  return pool.best_match(a);
}

/// Words drawn with the skew of language: the square of a uniform draw makes a few words common.
std::string random_prompt(const Seed& seed, size_t num_words) {
  std::string text;
  for (size_t i = 0; i < num_words; ++i)
    text += str("w", static_cast<int>(seed.uniform(i) * seed.uniform(i) * 5000), " ");
  return text;
}

}  // namespace

TEST_CASE("words are cut as the rouge_score package cuts them") {
  CHECK(rouge_words("Don't  STOP_3.5, x-y\n") ==
        std::vector<std::string>{"don", "t", "stop", "3", "5", "x", "y"});
  CHECK(rouge_words("naïve") == std::vector<std::string>{"na", "ve"});
  CHECK(rouge_words("សួស្តី 。").empty());
}

// tests/fixtures/rouge_golden.json is made by tests/golden/make_rouge_golden.py with rouge-score 0.1.2.
TEST_CASE("F-measures equal those of the rouge_score package to the last bit") {
  const Json golden = read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/rouge_golden.json");
  REQUIRE(golden.at("rows").size() > 30);
  for (const Json& row : golden.at("rows")) {
    CAPTURE(row.dump());
    CHECK(rouge_l(row.at("a"), row.at("b")) == row.at("f").get<double>());
  }
}

TEST_CASE("the best match is the largest over the pool, and a floor only hides smaller ones") {
  RougePool pool;
  std::vector<std::string> texts;
  for (size_t i = 0; i < 300; ++i) {
    texts.push_back(random_prompt(Seed(1).child(i), 3 + i % 40));
    pool.add(texts.back());
  }
  for (size_t i = 0; i < 60; ++i) {
    const std::string text = random_prompt(Seed(2).child(i), 2 + i) + texts[i].substr(0, i);
    double best = 0;
    for (const std::string& other : texts) best = std::max(best, rouge_l(text, other));
    CHECK(pool.best_match(text) == best);
    CHECK(pool.best_match(text, 0.2) == (best > 0.2 ? best : 0));
    CHECK(pool.best_match(text, best) == 0);
  }
}

TEST_CASE("empty texts and an empty pool match nothing") {
  RougePool pool;
  CHECK(pool.best_match("a b") == 0);
  pool.add("");
  pool.add("。");
  CHECK(pool.best_match("a b") == 0);
  CHECK(pool.best_match("") == 0);
}

TEST_CASE("one prompt is compared with 10,000 in under 5 ms") {
  RougePool pool;
  for (int i = 0; i < 10000; ++i) pool.add(random_prompt(Seed(3).child(i), 5 + static_cast<size_t>(i) % 40));
  double fastest = 1e9;  // other work on the machine can only slow a try down
  for (int i = 0; i < 20; ++i) {
    const std::string text = random_prompt(Seed(4).child(i), 25);
    const auto start = std::chrono::steady_clock::now();
    CHECK(pool.best_match(text, 0.7) == 0);
    fastest = std::min(
        fastest, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  MESSAGE(fastest, " ms");
#ifdef __SANITIZE_ADDRESS__
  CHECK(fastest < 50);
#else
  CHECK(fastest < 5);
#endif
}
