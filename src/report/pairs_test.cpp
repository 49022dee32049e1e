#include "report/pairs.h"

#include <doctest/doctest.h>

#include <set>

using namespace selfreward;

namespace {

Candidate candidate(const std::string& id, int64_t index, const std::string& text) {
  return {id, index, {1, 2, 3}, text, index == 1 ? FinishReason::length : FinishReason::stop};
}

Judgement judgement(const std::string& id, int64_t index, std::optional<double> score) {
  JudgeReply reply{"Score: ?", score, score ? std::nullopt : std::optional(JudgeFailure::no_score)};
  return {id, index, {reply, reply}, score};
}

/// One prompt of each fate: a pair, a tie, one text twice, too few scores, and one that the file leaves out.
RoundRecords round_of_fates() {
  RoundRecords round;
  round.t = 2;
  round.has_pairs = true;
  const std::map<std::string, std::vector<std::optional<double>>> scores{
      {"kept", {3, 5, 1}}, {"tie", {4, 4, 4}}, {"same", {2, 3, 3}}, {"few", {{}, 3, {}}}, {"cut", {1, 2, 3}}};
  for (const char* id : {"kept", "tie", "same", "few", "cut"}) {
    round.prompts.push_back({id, str("prompt of ", id), "M1"});
    for (int64_t i = 0; i < 3; ++i) {
      round.candidates.push_back(candidate(id, i, std::string(id) == "same" ? "one" : str("answer ", i)));
      round.judgements.push_back(judgement(id, i, scores.at(id)[static_cast<size_t>(i)]));
    }
  }
  round.pairs = {{"kept", {{"user", "prompt of kept"}}, "answer 1", "answer 2", {1}, {2}, 5, 1}};
  return round;
}

}  // namespace

TEST_CASE("every prompt is listed with its pair or the reason why there is none") {
  const Json pairs = browse_pairs({round_of_fates()}, {}, 1 << 20);
  CHECK(pairs["total"] == 5);
  CHECK(pairs["left_out"] == 0);
  std::vector<Json> reasons;
  for (const Json& row : pairs["rows"]) reasons.push_back(row[4]);
  CHECK(reasons ==
        std::vector<Json>{nullptr, "tie", "identical_texts", "fewer_than_two_scores", "not_in_file"});
}

TEST_CASE("a row holds the places of both answers, and each answer its scores and replies") {
  const Json pairs = browse_pairs({round_of_fates()}, {}, 1 << 20);
  const Json& kept = pairs["rows"][0];
  CHECK(Json::array({kept[0], kept[1], kept[2], kept[3], kept[5], kept[6]}) ==
        Json::array({2, "kept", "M1", "prompt of kept", 1, 2}));
  const Json reply = Json::array({5.0, nullptr, "Score: ?"});
  CHECK(kept[7][1] == Json::array({"answer 1", 3, true, 5.0, Json::array({reply, reply})}));
  const Json& few = pairs["rows"][3];
  CHECK(few[5].is_null());
  CHECK(few[7][0][3].is_null());
  CHECK(few[7][0][4][0] == Json::array({nullptr, "no_score", "Score: ?"}));
}

TEST_CASE("a reply on one requirement says which, and a soft score takes the place of the verdict") {
  RoundRecords round = round_of_fates();
  JudgeReply reply{"count 2, yes", 1, std::nullopt, "Be short.", 0.75, {0.25, 0.75}};
  round.judgements[0].replies = {reply};
  const Json pairs = browse_pairs({round}, {}, 1 << 20);
  CHECK(pairs["rows"][0][7][0][4] == Json::array({Json::array({0.75, nullptr, "Be short.\ncount 2, yes"})}));
}

TEST_CASE("where texts repeat, the pair's answer is the one with the pair's score") {
  RoundRecords round = round_of_fates();
  round.pairs = {{"same", {{"user", "x"}}, "one", "one", {}, {}, 3, 2}};
  const Json row = browse_pairs({round}, {}, 1 << 20)["rows"][2];
  CHECK(row[5] == 1);
  CHECK(row[6] == 0);
}

TEST_CASE("a pair is shown without the files of its candidates and prompts") {
  RoundRecords round = round_of_fates();
  round.prompts.clear(), round.candidates.clear(), round.judgements.clear();
  const Json pairs = browse_pairs({round}, {}, 1 << 20);
  REQUIRE(pairs["rows"].size() == 1);
  const Json& row = pairs["rows"][0];
  CHECK(row[3] == "prompt of kept");
  CHECK(row[7][row[5].get<size_t>()] == Json::array({"answer 1", nullptr, false, 5.0, Json::array()}));
  CHECK(row[7][row[6].get<size_t>()][0] == "answer 2");
}

TEST_CASE("what does not fit is a scattered choice, counted, in the order of the run") {
  RoundRecords round;
  for (int i = 0; i < 1000; ++i) round.prompts.push_back({str("id-", 1000 + i), std::string(100, 'x'), "M1"});
  const size_t whole = browse_pairs({round}, {}, 1 << 30)["rows"].dump().size();
  const Json pairs = browse_pairs({round}, {}, whole / 4);
  const size_t shown = pairs["rows"].size();
  CHECK(shown > 230);
  CHECK(pairs["rows"].dump().size() <= whole / 4 + 2);  // its brackets
  CHECK(pairs["left_out"] == 1000 - shown);
  std::vector<std::string> ids;
  for (const Json& row : pairs["rows"]) ids.push_back(row[1]);
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  const auto early =
      std::count_if(ids.begin(), ids.end(), [](const std::string& id) { return id < "id-1500"; });
  CHECK(early > 80);
  CHECK(early < 170);
}

TEST_CASE("a very long answer is cut between two characters and says how much is missing") {
  std::string text = "x";
  for (int i = 0; i < 5000; ++i) text += "ä";
  CHECK(clipped(text).substr(7997) == "ä … (2002 more bytes in the run's files)");
  CHECK(clipped("ä") == "ä");
}

TEST_CASE("with other settings of pairs the reasons are theirs, and each pair of a prompt has a row") {
  RoundRecords round = round_of_fates();
  const auto reason = [&](const PairSettings& settings, size_t row) {
    return browse_pairs({round}, settings, 1 << 20)["rows"][row][4];
  };
  CHECK(reason({.margin = 3}, 4) == "below_margin");
  CHECK(reason({.top_share = 0.5}, 4) == "below_top_share");
  CHECK(reason({.top_share = 0.5}, 1) == "tie");
  round.pairs.push_back({"kept", {{"user", "prompt of kept"}}, "answer 1", "answer 0", {1}, {2}, 5, 3});
  const Json rows = browse_pairs({round}, {.choose = "all"}, 1 << 20)["rows"];
  CHECK(rows.size() == 6);
  CHECK(rows[0][6] == 2);
  CHECK(rows[1][6] == 0);
}
