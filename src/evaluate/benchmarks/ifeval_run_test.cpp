#include "evaluate/benchmarks/ifeval_run.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

const std::vector<IfevalPrompt> kPrompts = {
    {"1",
     "No commas, in quotes.",
     {"punctuation:no_comma", "startend:quotation"},
     {Json::object(), Json::object()}},
    {"2", "JSON.", {"detectable_format:json_format"}, {Json::object()}},
    {"3", "JSON.", {"detectable_format:json_format"}, {Json::object()}}};

}  // namespace

TEST_CASE("answers find their prompts by text, and accuracies are by prompt and by instruction") {
  const auto results = ifeval_results(
      kPrompts,
      {"m", {{"JSON.", "Here:\n[1]", ""}, {"JSON.", "{}", ""}, {"No commas, in quotes.", "none", ""}}});
  CHECK(results[0].strict == std::vector<bool>{true, false});
  CHECK(!results[1].strict[0]);
  CHECK(results[1].loose[0]);
  CHECK(results[2].strict[0]);
  const Json summary = ifeval_summary({"m", {}}, results, Seed(1));
  CHECK(summary["strict"]["prompt_level"].get<double>() == doctest::Approx(1.0 / 3));
  CHECK(summary["strict"]["instruction_level"].get<double>() == doctest::Approx(2.0 / 4));
  CHECK(summary["loose"]["prompt_level"].get<double>() == doctest::Approx(2.0 / 3));
  CHECK(summary["strict"]["prompt_level_interval"][0].get<double>() <= 1.0 / 3);
  CHECK(summary["kinds"]["detectable_format:json_format"] == Json{{"n", 2}, {"strict", 1}, {"loose", 2}});
  CHECK(summary["missing"] == 0);
  CHECK(ifeval_tables(Json::array({summary})).find("detectable_format:json_format") != std::string::npos);
  const Json line =
      Json::parse(ifeval_lines(results, false).substr(0, ifeval_lines(results, false).find('\n')));
  CHECK(line["follow_instruction_list"] == Json::array({true, false}));
  CHECK(line["follow_all_instructions"] == false);
}

TEST_CASE(
    "a prompt without an answer follows nothing and is counted; an answer to another prompt is an error") {
  const auto results = ifeval_results(kPrompts, {"m", {{"JSON.", "{}", ""}}});
  CHECK(results[0].missing);
  CHECK(!results[0].strict[0]);
  CHECK(ifeval_summary({"m", {}}, results, Seed(1))["missing"] == 2);
  const auto table = [&](int64_t too_long) {
    return ifeval_tables(Json::array({ifeval_summary({"m", {}, too_long}, results, Seed(1))}));
  };
  CHECK(table(0).find("2 (2 not among its answers)\n") != std::string::npos);
  CHECK(table(2).find("2 (2 too long for the model's context)\n") != std::string::npos);
  CHECK(table(1).find("2 (1 too long for the model's context, 1 not among its answers)") !=
        std::string::npos);
  CHECK_THROWS_WITH_AS(ifeval_results(kPrompts, {"m", {{"XML.", "x", ""}}}), doctest::Contains("\"XML.\""),
                       Error);
  CHECK_THROWS_WITH_AS(ifeval_results(kPrompts, {"m", {{"A\nB\033[31m", "x", ""}}}),
                       doctest::Contains("\"A\\nB\\u001b[31m\""), Error);
  const ModelOutput twice{"No commas, in quotes.", "x", ""};
  CHECK_THROWS_WITH_AS(ifeval_results(kPrompts, {"m", {twice, twice}}), doctest::Contains("more often"),
                       Error);
}
