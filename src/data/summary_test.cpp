#include "data/summary.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("messages, turns, system texts and duplicates are counted") {
  const Example one{"a", {{"user", "q"}, {"assistant", "é"}}, ""};
  const Example other{"b", {{"user", "q"}, {"assistant", "xyz"}}, ""};
  const Example longer{
      "c", {{"system", "s"}, {"user", "q"}, {"assistant", "x"}, {"user", "r"}, {"assistant", "yy"}}, ""};
  std::vector<Sample> samples;
  for (const Example* example : {&one, &other, &one, &longer}) samples.push_back(sample_of(*example));
  const DataSummary summary = summarize(samples);
  CHECK(summary.roles == std::map<std::string, int64_t>{{"assistant", 5}, {"system", 1}, {"user", 5}});
  CHECK(summary.turns == std::map<int64_t, int64_t>{{1, 3}, {2, 1}});
  CHECK(summary.systems == std::map<std::string, int64_t>{{"s", 1}});
  CHECK(summary.repeated_prompts == 2);
  CHECK(summary.repeated_samples == 1);
  CHECK(summary.prompt_characters == std::vector<int64_t>{1, 1, 1, 4});
  CHECK(summary.answer_characters == std::vector<std::vector<int64_t>>{{1, 3, 1, 2}});
}

TEST_CASE("texts that are joined alike are not duplicates") {
  const std::vector<Sample> samples = {{"a", {{"user", "x"}}, {"yz", "w"}},
                                       {"b", {{"user", "x"}}, {"y", "zw"}},
                                       {"c", {{"userx", ""}}, {"y", "zw"}}};
  CHECK(summarize(samples).repeated_samples == 0);
  CHECK(summarize(samples).repeated_prompts == 1);
}

TEST_CASE("pairs have two answers, ranked groups as many as they have") {
  const Sample pair = sample_of(PreferencePair{"p", {{"user", "q"}}, "a", "bb", {}, {}, {}, {}});
  const Sample group = sample_of(RankedAnswers{"g", "q", {"a", "b", "c"}, {0, 1, 2}});
  const DataSummary summary = summarize({pair, group});
  CHECK(summary.answer_characters == std::vector<std::vector<int64_t>>{{1, 1}, {2, 1}, {1}});
  CHECK(summary.roles.at("assistant") == 5);
}

TEST_CASE("quantiles are lengths that occur") {
  const std::vector<int64_t> lengths = {5, 1, 4, 2, 3};
  CHECK(quantile(lengths, 0) == 1);
  CHECK(quantile(lengths, 0.5) == 3);
  CHECK(quantile(lengths, 0.75) == 4);
  CHECK(quantile(lengths, 1) == 5);
  CHECK(quantile({7}, 0.99) == 7);
}

TEST_CASE("the shown rows are the first, the median and the longest, each once") {
  CHECK(typical_rows({5, 1, 4, 9, 3}) == std::vector<size_t>{0, 2, 3});
  CHECK(typical_rows({9, 1, 1}) == std::vector<size_t>{0, 2});
  CHECK(typical_rows({9}) == std::vector<size_t>{0});
  CHECK(typical_rows({}).empty());
}

TEST_CASE("a long text loses its middle and no half character is left") {
  CHECK(clipped_middle("short", 5) == "short");
  CHECK(clipped_middle("aaaabbbbcccc", 8) == "aaaa ... (4 characters) ... cccc");
  CHECK(clipped_middle("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 6) == "\xc3\xa9 ... (2 characters) ... \xc3\xa9");
}
