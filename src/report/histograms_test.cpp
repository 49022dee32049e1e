#include "report/histograms.h"

#include <doctest/doctest.h>

#include <cmath>

#include "report/distributions.h"

using namespace selfreward;

namespace {

Json histogram(const std::vector<RoundValues>& rounds) {
  return shared_histogram("title", "about", "unit", rounds);
}

RoundRecords round_with(int64_t t, const std::vector<std::string>& prompts) {
  RoundRecords round;
  round.t = t;
  for (const std::string& text : prompts)
    round.prompts.push_back({str(t, "-", round.prompts.size()), text, "M0"});
  return round;
}

/// The histogram of `kind` with this title.
Json find(const Json& list, const std::string& kind, const std::string& title) {
  for (const Json& h : list)
    if (h["kind"] == kind && h["title"] == title) return h;
  return nullptr;
}

}  // namespace

TEST_CASE("rounds share their bins, and whole numbers have one each") {
  const Json h = histogram({{1, {3, 4, 4, 5}, 4}, {2, {1, 5}, 9}});
  CHECK(h["whole"] == true);
  CHECK(h["from"] == 1.0);
  CHECK(h["width"] == 1.0);
  CHECK(h["series"][0]["counts"] == Json{0, 0, 1, 2, 1});
  CHECK(h["series"][1]["counts"] == Json{1, 0, 0, 0, 1});
  CHECK(h["series"][0]["mean"] == 4.0);
  CHECK(h["series"][1]["total"] == 9);
}

TEST_CASE("wide ranges have bins of a round width and lose no value") {
  RoundValues values{1, {}, 500};
  for (int i = 0; i < 500; ++i) values.values.push_back(i * 0.937);
  const Json h = histogram({values});
  CHECK(h["width"] == 25.0);
  int64_t sum = 0;
  for (const Json& count : h["series"][0]["counts"]) sum += count.get<int64_t>();
  CHECK(sum == 500);
  CHECK(h["series"][0]["counts"].size() == 19);
}

TEST_CASE("a share of 1 lies in the last bin, which ends at 1") {
  const Json h = histogram({{1, {0.02, 0.5, 1, 1}, 4}});
  CHECK(h["from"] == 0.0);
  CHECK(h["width"] == 0.05);
  CHECK(h["series"][0]["counts"].size() == 20);
  CHECK(h["series"][0]["counts"][19] == 2);
}

TEST_CASE("equal, tiny and not finite values have a histogram too") {
  CHECK(histogram({{1, {0.25, 0.25}, 2}})["series"][0]["counts"] == Json{2});
  CHECK(histogram({{1, {1e-9, 3e-9}, 2}})["series"][0]["n"] == 2);
  CHECK(histogram({{1, {1, std::nan(""), INFINITY}, 3}})["series"][0]["n"] == 1);
  CHECK(histogram({{1, {}, 0}}).is_null());
}

TEST_CASE("likeness and novelty are measured against the seeds, novelty against earlier rounds too") {
  const SeedTexts seeds{{"Write a poem about rain"}, {}, ""};
  const std::vector<RoundRecords> rounds{
      round_with(1, {"write a poem about rain", "name three big rivers now"}),
      round_with(2, {"name three big rivers now", "name three big lakes"})};
  const Json list = text_histograms(rounds, seeds);
  const Json alike = find(list, "prompts", "Likeness to the seeds");
  CHECK(alike["series"][0]["mean"] == 0.5);  // a copy and a stranger
  CHECK(alike["series"][1]["mean"] == 0.0);
  const Json fresh = find(list, "prompts", "New 3-grams");
  CHECK(fresh["series"][0]["mean"] == 0.5);
  CHECK(fresh["series"][1]["mean"] == 0.25);  // nothing new, and one of two
  CHECK(find(list, "prompts", "Words")["series"][1]["mean"] == 4.5);
  CHECK(find(list, "answers", "Words").is_null());
}

TEST_CASE("without seeds the first round is compared with nothing") {
  const Json list = text_histograms({round_with(1, {"a b c d"}), round_with(2, {"a b c e"})}, {});
  CHECK(find(list, "prompts", "Likeness to the seeds").is_null());
  const Json fresh = find(list, "prompts", "New 3-grams");
  REQUIRE(fresh["series"].size() == 1);
  CHECK(fresh["series"][0]["t"] == 2);
  CHECK(fresh["series"][0]["mean"] == 0.5);
}

TEST_CASE("large rounds are sampled evenly and say so") {
  std::vector<std::string> prompts;
  for (int i = 0; i < 3000; ++i) prompts.push_back(i < 1500 ? "one two three" : "four five six seven");
  const Json words = find(text_histograms({round_with(1, prompts)}, {}), "prompts", "Words");
  CHECK(words["series"][0]["n"] == 1000);
  CHECK(words["series"][0]["total"] == 3000);
  CHECK(words["series"][0]["mean"] == 3.5);
}

TEST_CASE("scores, lengths and margins are those of all records") {
  RoundRecords round = round_with(3, {"p"});
  round.judgements = {{"3-0", 0, {{"", 4.0, {}}, {"", {}, JudgeFailure::cut_off}}, 4.0}};
  round.candidates = {{"3-0", 0, {7, 8, 9}, "x", FinishReason::stop}};
  round.pairs = {{"3-0", {{"user", "p"}}, "a", "b", {}, {}, 4.5, 2.0}};
  const Json list = score_histograms({round});
  CHECK(find(list, "scores", "Scores of the judge")["series"][0]["mean"] == 4.0);
  CHECK(find(list, "lengths", "Length of the answers")["series"][0]["mean"] == 3.0);
  CHECK(find(list, "margins", "Margin of the pairs")["series"][0]["mean"] == 2.5);
}

TEST_CASE("seed files that are gone are a remark, not an error") {
  const SeedTexts seeds = read_seed_texts("data: {ift: [/nonexistent/ift.jsonl]}\n");
  CHECK(seeds.prompts.empty());
  CHECK(seeds.problem.find("/nonexistent/ift.jsonl") != std::string::npos);
  CHECK(!read_seed_texts("data: 3\n").problem.empty());
  CHECK(!read_seed_texts("").problem.empty());
}
