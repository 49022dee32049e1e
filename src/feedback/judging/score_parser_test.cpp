#include "feedback/judging/score_parser.h"

#include <doctest/doctest.h>

#include <array>

using namespace selfreward;

namespace {

using Failure = JudgeFailure;

JudgeReply parse(const std::string& text, FinishReason reason = FinishReason::stop) {
  return parse_judge_reply(text, reason, Rubric());
}

/// The part of a reply that is generated: it ends with its score line.
std::string until_score_line(const std::string& reply, const Rubric& rubric = {}) {
  for (size_t begin = 0, end; (end = reply.find('\n', begin)) != std::string::npos; begin = end + 1)
    if (is_score_line(reply.substr(begin, end - begin), rubric)) return reply.substr(0, end);
  return reply;
}

/// "4.5", or the name of the failure.
std::string outcome(const JudgeReply& reply) {
  CHECK(reply.score.has_value() != reply.failure.has_value());
  return reply.score ? str(*reply.score) : to_string(*reply.failure);
}

}  // namespace

TEST_CASE("the usual spellings of a score are read") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"Relevant and useful.\nScore: 4", "4"},
      {"Score: 0", "0"},
      {"Score: 4\n", "4"},
      {"score:4", "4"},
      {"SCORE : 4", "4"},
      {"Total score: 3.", "3"},
      {"Score: 4.5", "4.5"},
      {"Score: 5.0", "5"},
      {"Score: 4/5", "4"},
      {"Score: 4 / 5.", "4"},
      {"Score: **4**/5", "4"},
      {"Score: 4 out of 5", "4"},
      {"Score: 4 out of a possible 5", "4"},
      {"Score: **4**", "4"},
      {"**Score:** 4", "4"},
      {"**Score**: 4", "4"},
      {"**Score: 4**", "4"},
      {"## Score: `4`", "4"},
      {"Score: __4__", "4"},
      {"Score: <4>", "4"},
      {"Score: [4]", "4"},
      {"\"Score: 4\"", "4"},
      {"Score (out of 5): 4", "4"},
      {"Score (0-5): 4", "4"},
      {"Score: 1 + 1 + 1 = 3", "3"},
      {"Score: 1+1+1+0.5=3.5", "3.5"},
      {"Score: 3 (1+1+1)", "3"},
      {"Score: 4 - a good answer", "4"},
      {"Score: 4, because it is good", "4"},
      {"Score：4", "4"},
      {"starts c found c yes ; 2 vowels found 1 no ; Score: 4", "4"},
      {"Score: 4 <b>caf\xc3</b>", "4"},     // a byte that is not UTF-8
      {"Score: 4\nI said Score: 4.", "4"},  // the same score twice
      {"The format is \"Score: <total points>\".\nScore: 2", "2"},
      {"I give 5 points.\nScore: 2", "2"},
      {"4 of 5 criteria. Score: 2", "2"},
  };
  for (const auto& [text, wanted] : table) {
    CAPTURE(text);
    CHECK(outcome(parse(text)) == wanted);
  }
}

TEST_CASE("what is no score in range is a failure with its reason") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "no_score"},
      {"A good answer.", "no_score"},
      {"4", "no_score"},
      {"Score:", "no_score"},
      {"Score: four", "no_score"},
      {"Score: <total points>", "no_score"},
      {"Score: 4th", "no_score"},
      {"Score: 80%", "no_score"},
      {"Score: 3-4", "no_score"},
      {"Score: 3 to 4", "no_score"},
      {"Score: 3 or 4", "no_score"},
      {"Score: 4 1/2", "no_score"},
      {"Score: 4½", "no_score"},
      {"Score: 4,5", "no_score"},
      {"Score: 4.5.6", "no_score"},
      {"Score: 1+1+1", "no_score"},  // a sum without its result
      {"Score: ٤", "no_score"},      // a digit of another script
      {"Score:\n1. Relevance: yes\n2. Coverage: no", "no_score"},
      {"Subscore: 3", "no_score"},
      {"Scores: 3", "no_score"},
      {"A score of 4 is deserved.", "no_score"},
      {"Score: 10", "out_of_range"},
      {"Score: 6", "out_of_range"},
      {"Score: 5.5", "out_of_range"},
      {"Score: -1", "out_of_range"},
      {"Score: 40", "out_of_range"},
      {"Score: 4/10", "out_of_range"},
      {"Score: 8 out of 10", "out_of_range"},
      {"Score: 100", "out_of_range"},
      {"Score: 99999999999999999999999999", "out_of_range"},
      {"score: 5 ... Score: 2", "several_scores"},
      {"Score: 2\n\nUser: another question\nScore: 5", "several_scores"},
      {"Relevance score: 1\nScore: 4", "several_scores"},
      {"Score: 10\nScore: 4", "several_scores"},
      {"Score: 4/5\nScore: 4/10", "several_scores"},
  };
  for (const auto& [text, wanted] : table) {
    CAPTURE(text);
    CHECK(outcome(parse(text)) == wanted);
  }
}

TEST_CASE("a reply cut by the length limit has a score only where the number is complete") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"The response is relevant and", "cut_off"},
      {"Good. Score:", "cut_off"},
      {"Good. Score: 1", "cut_off"},   // perhaps 10
      {"Good. Score: 4.", "cut_off"},  // perhaps 4.5
      {"Good. Score: 4\n", "4"},
      {"Good. Score: 4/", "4"},
      {"Good. Score: 4 because", "4"},
      {"Score: 3\nScore: 4 because", "several_scores"},
      {"Score: 9 because", "out_of_range"},
  };
  for (const auto& [text, wanted] : table) {
    CAPTURE(text);
    CHECK(outcome(parse(text, FinishReason::length)) == wanted);
  }
}

TEST_CASE("a reply ends with its score line, which is read as it would be read in the whole reply") {
  const std::vector<std::array<std::string, 3>> table = {
      // what the model would write; what is generated; what is read
      {"Good.\nScore: 4", "Good.\nScore: 4", "4"},
      {"Good.\nScore: 4\nAs I said.", "Good.\nScore: 4", "4"},
      {"Good.\nScore: 4\nUser: next\nScore: 1", "Good.\nScore: 4", "4"},  // several_scores as a whole
      {"Score: 4\nIt is good.", "Score: 4", "4"},
      {"**Score: 4/5**\nbecause", "**Score: 4/5**", "4"},
      {"## Score: 4\nbecause", "## Score: 4", "4"},
      {"Score: 4 out of 5, because\nit is good", "Score: 4 out of 5, because", "4"},
      {"Score: 1 + 1 = 2\nbecause", "Score: 1 + 1 = 2", "2"},
      {"Score: 10\nScore: 4", "Score: 10", "out_of_range"},  // several_scores as a whole
      {"Score: 4/10\nGood.", "Score: 4/10", "out_of_range"},
      {"Score: 4\r\nGood.", "Score: 4\r", "4"},
      // No score yet
      {"Score:\n1. Relevance: yes\nScore: 2", "Score:\n1. Relevance: yes\nScore: 2", "2"},
      {"Score: 3-4\nScore: 3\n.", "Score: 3-4\nScore: 3", "3"},
      {"Score: <total points>\nScore: 2\n.", "Score: <total points>\nScore: 2", "2"},
      {"Score: ٤\nScore: 2\n.", "Score: ٤\nScore: 2", "2"},
      // Perhaps the score of a part
      {"Relevance score: 1\nScore: 4\n.", "Relevance score: 1\nScore: 4", "several_scores"},
      {"1. Score: 1\n2. Score: 1\n", "1. Score: 1\n2. Score: 1\n", "1"},
      {"- Score: 1\n- Score: 2\n", "- Score: 1\n- Score: 2\n", "several_scores"},
      {"1. Relevance\n   Score: 1\nScore: 1\n.", "1. Relevance\n   Score: 1\nScore: 1", "1"},
      {"It is good. Score: 4\nGood.", "It is good. Score: 4\nGood.", "4"},
  };
  for (const auto& [whole, generated, read] : table) {
    CAPTURE(whole);
    CHECK(until_score_line(whole) == generated);
    CHECK(outcome(parse(until_score_line(whole))) == read);
    const std::string in_whole = outcome(parse(whole));
    CHECK((in_whole == read || in_whole == "several_scores"));
  }
  Rubric rubric;
  rubric.score_pattern = Regex(R"(\[\[(\d+)\]\])");
  CHECK(until_score_line("[[4]]\nRating: [[4]]\n", rubric) == "[[4]]");
  CHECK(until_score_line("Rating: [[4]]\n", rubric) == "Rating: [[4]]\n");
}

TEST_CASE("the reply is kept as it was written, scored or not") {
  CHECK(parse("caf\xc3 Score: 4").text == "caf\xc3 Score: 4");
  CHECK(parse("nothing").text == "nothing");
}

TEST_CASE("a rubric's range and pattern are obeyed") {
  Rubric rubric;
  rubric.min_score = 1;
  rubric.max_score = 10;
  CHECK(outcome(parse_judge_reply("Score: 0", FinishReason::stop, rubric)) == "out_of_range");
  CHECK(outcome(parse_judge_reply("Score: 7/10", FinishReason::stop, rubric)) == "7");
  CHECK(outcome(parse_judge_reply("Score: 4/5", FinishReason::stop, rubric)) == "out_of_range");
  rubric.score_pattern = Regex(R"(Rating: \[\[(\d+)\]\])");
  CHECK(outcome(parse_judge_reply("Score: 3. Rating: [[7]]", FinishReason::stop, rubric)) == "7");
  CHECK(outcome(parse_judge_reply("Rating: [[٤]]", FinishReason::stop, rubric)) == "no_score");
}

TEST_CASE("long hostile replies are read in linear time and do not end the run") {
  const std::string digits(100000, '1');
  CHECK(outcome(parse("Score: " + digits)) == "out_of_range");
  CHECK(outcome(parse("Score: 0." + digits)) == str(1 / 9.0));
  std::string sum = "Score: ", scores;
  for (int i = 0; i < 50000; ++i) sum += "1+", scores += "Score: (";
  CHECK(outcome(parse(sum)) == "no_score");
  CHECK(outcome(parse(scores)) == "no_score");
}

TEST_CASE("the mean counts valid scores only and keeps fractions") {
  const JudgeReply four = parse("Score: 4"), three = parse("Score: 3"), none = parse("no");
  CHECK(mean_score({four, none, three}) == 3.5);
  CHECK(mean_score({none, four}) == 4);
  CHECK(mean_score({four, four, three}) == 11.0 / 3);
  CHECK(!mean_score({none, none}));
  CHECK(!mean_score({}));
}

TEST_CASE("softly the mean is over the expected scores of the sampled evidences, where a reply has one") {
  JudgeReply sure = parse("Score: 4"), unsure = parse("Score: 4"), silent = parse("Score: 4");
  sure.expected = 4;
  unsure.expected = 2.5;  // the same word behind another evidence
  CHECK(mean_score({sure, unsure, silent}, /*soft=*/true) == 3.25);
  CHECK(mean_score({sure, unsure, silent}) == 4);
  CHECK(!mean_score({silent}, /*soft=*/true));
}

TEST_CASE("a reply on which the pattern tries too many ways has no score, and ends nothing") {
  Rubric rubric;
  rubric.score_pattern = Regex("(a+)+b(1)");
  const std::string reply = str(std::string(60, 'a'), "cb1");
  CHECK(outcome(parse_judge_reply(reply, FinishReason::stop, rubric)) == "no_score");
  CHECK(!is_score_line(reply, rubric));
}
