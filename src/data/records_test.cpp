#include "data/records.h"

#include <doctest/doctest.h>

#include "data/jsonl.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {
template <typename Record>
Record round_trip(const Record& record) {
  return parse_json(to_line(Json(record)), "test").template get<Record>();
}
}  // namespace

TEST_CASE("a judgement without a valid score has no score after a round trip") {
  const Judgement judgement{"p1",
                            2,
                            {{"no idea", std::nullopt, JudgeFailure::no_score},
                             {"Score: 7", std::nullopt, JudgeFailure::out_of_range}},
                            std::nullopt};
  const Judgement read = round_trip(judgement);
  CHECK(!read.score);
  CHECK(read.replies[0].failure == JudgeFailure::no_score);
  CHECK(read.replies[1].failure == JudgeFailure::out_of_range);
  CHECK(!Json(judgement).contains("score"));
}

TEST_CASE("scores survive a round trip to the last bit") {
  const double third = 10.0 / 3.0;
  const Judgement read = round_trip(Judgement{"p", 0, {{"Score: 3", 3.0, std::nullopt}}, third});
  CHECK(*read.score == third);
}

TEST_CASE("a pair is written in TRL's conversational format and read back") {
  const PreferencePair pair{
      "p1", {{"system", "Be kind."}, {"user", "say hi"}}, "hi", "no", {5, 6, 2}, {7, 2}, 4.5, 1};
  CHECK(Json(pair)["chosen"][0]["role"] == "assistant");
  const PreferencePair read = round_trip(pair);
  CHECK(read.chosen_ids == pair.chosen_ids);
  CHECK(read.prompt == pair.prompt);
}

TEST_CASE("a pair of TRL's standard format is read too") {
  const auto pair = parse_json(R"({"prompt":"a","chosen":"b","rejected":"c"})", "test").get<PreferencePair>();
  CHECK(pair.chosen == "b");
  CHECK(pair.prompt == Conversation{{"user", "a"}});
  CHECK(pair.chosen_ids.empty());
}

TEST_CASE("keys that are null count as absent") {
  CHECK(parse_json(R"({"id":"a","prompt":"b","origin":null})", "test").get<Prompt>().origin.empty());
  const auto pair =
      parse_json(R"({"prompt":"a","chosen":"b","rejected":"c","prompt_id":null,"chosen_ids":null,
                                   "rejected_ids":null,"score_chosen":null,"tools":null})",
                 "test")
          .get<PreferencePair>();
  CHECK(pair.prompt_id.empty());
  CHECK(pair.chosen_ids.empty());
  CHECK(!pair.score_chosen);
  CHECK(pair.inputs == TemplateInputs{});
}

TEST_CASE("an unfinished character in a reply does not stop the writing") {
  const Candidate read = round_trip(Candidate{"p", 0, {1, 2}, "caf\xc3", FinishReason::length});
  CHECK(read.text == "caf\xef\xbf\xbd");
  CHECK(read.finish_reason == FinishReason::length);
}

TEST_CASE("a value of another type is an error that names its key") {
  const auto fails = [](const char* row, const char* key) {
    CHECK_THROWS_WITH_AS(parse_json(row, "test").get<Candidate>(), doctest::Contains(key), Error);
  };
  fails(R"({"prompt_id":"p","index":0,"text":"a","finish_reason":3,"token_ids":[]})",
        "\"finish_reason\": type must");
  fails(R"({"prompt_id":"p","index":0,"text":7,"finish_reason":"stop","token_ids":[]})",
        "\"text\": type must");
  CHECK_THROWS_WITH_AS(parse_json("1", "test").get<Candidate>(),
                       doctest::Contains("found number, wanted an object"), Error);
  const char* verdict = R"({"id":"a","answer":"b","requirement":"c","met":true,"evidence":5})";
  CHECK_THROWS_WITH_AS(parse_json(verdict, "test").get<VerdictRow>(),
                       doctest::Contains("\"evidence\": type must"), Error);
  CHECK_THROWS_WITH_AS(parse_json(R"({"role":"user","content":5})", "test").get<Message>(),
                       doctest::Contains("\"content\": type must"), Error);
}

TEST_CASE("a bad line names its file and line") {
  const fs::path path = scratch("bad.jsonl");
  write_file_atomically(path, "{\"id\":\"a\",\"prompt\":\"x\"}\n\n{\"id\":\"b\"}\n");
  CHECK_THROWS_WITH_AS(read_jsonl<Prompt>(path), doctest::Contains("line 3"), Error);
}
