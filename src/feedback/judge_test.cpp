#include "feedback/judge.h"

#include <doctest/doctest.h>

#include "feedback/candidates.h"
#include "feedback/new_prompts.h"
#include "feedback/score_parser.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path records_file(const std::string& name) {
  return scratch_dir(name) / "records.jsonl";
}

std::vector<Prompt> some_prompts() {
  return {{"a", "tell me a story", "t"}, {"b", "count to ten", "t"}, {"c", std::string(3000, 'x'), "t"}};
}

SamplingSettings short_answers() {
  return {.max_new_tokens = 6, .temperature = 1.0};
}

}  // namespace

TEST_CASE("judges without a model score as their name says") {
  const JudgeItem item{"p", "prompt", 0, "three little words"};
  CHECK(score_without_model({"longest", nullptr, 5, Seed(1)}, item) == 3);
  const auto random = score_without_model({"random", nullptr, 5, Seed(1)}, item);
  CHECK(*random >= 0);
  CHECK(*random < 5);
  CHECK_THROWS_WITH_AS(score_without_model({"oracle", nullptr, 5, Seed(1)}, item),
                       doctest::Contains("self, gold, random or longest"), Error);
}

TEST_CASE("a candidate of a prompt that is not there is an error") {
  CHECK_THROWS_AS(judge_items(some_prompts(), {{"z", 0, {}, "text", FinishReason::stop}}), Error);
}

TEST_CASE("candidates and judgements do not depend on the shard size; what does not fit is counted") {
  Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  const Rubric rubric = Rubric::load(SELFREWARD_SOURCE_DIR "/playground/rubric.yaml");
  std::vector<std::string> candidate_files, judgement_files;
  for (const int64_t shard_size : {1, 2, 100}) {
    const GenerationSettings generation{
        .max_batch_size = 4, .max_cache_tokens = 2000, .shard_size = shard_size};
    const fs::path path = records_file(str("candidates", shard_size));
    const auto answers = memo<Candidate>(path, [&](RecordSink<Candidate>& out) {
      generate_candidates({policy, generation, Seed(2)}, some_prompts(), {3, short_answers()}, out);
    });
    CHECK(answers.size() == 6);  // the third prompt is longer than the context
    CHECK(read_json(counts_file(path))["prompt_too_long"] == 1);
    const JudgeSettings settings{
        .kind = "self", .rubric = "", .num_evals_to_average = 2, .sampling = short_answers()};
    const fs::path judged = records_file(str("judgements", shard_size));
    memo<Judgement>(judged, [&](RecordSink<Judgement>& out) {
      judge_answers({policy, generation, Seed(2)}, rubric, judge_items(some_prompts(), answers), settings,
                    out);
    });
    candidate_files.push_back(read_file(path));
    judgement_files.push_back(read_file(judged));
  }
  for (const auto* files : {&candidate_files, &judgement_files})
    for (const std::string& file : *files) CHECK(file == files->front());
  for (const Judgement& judgement : read_jsonl<Judgement>(scratch("judgements1") / "records.jsonl"))
    CHECK(judgement.replies.size() == 2);
}

TEST_CASE("a judge's reply has nothing behind its score line") {
  Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  Rubric rubric = Rubric::load(SELFREWARD_SOURCE_DIR "/playground/rubric.yaml");
  rubric.score_pattern = Regex(R"((?m)^(?=.*?(\d)))");  // any digit of a line: a model this hot writes some
  const JudgeSettings settings{.num_evals_to_average = 200,
                               .sampling = {.max_new_tokens = 60, .temperature = 3.0}};
  const auto judged = memo<Judgement>(records_file("score_line"), [&](RecordSink<Judgement>& out) {
    judge_answers({policy, {}, Seed(3)}, rubric, {{"a", "tell me a story", 0, "no"}}, settings, out);
  });
  int64_t long_replies = 0;
  for (const JudgeReply& reply : judged[0].replies) {
    const size_t line_end = reply.text.find('\n');
    long_replies += line_end != std::string::npos;
    CHECK(!(line_end != std::string::npos && is_score_line(reply.text.substr(0, line_end), rubric)));
  }
  CHECK(long_replies > 0);  // whose first line has no digit
}

TEST_CASE("a model that writes no acceptable prompt is an error with the reasons, not an endless loop") {
  Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  PromptSettings settings;
  settings.num_prompts = 5;
  settings.min_words = 140;  // a random model's few tokens never reach it
  settings.sampling.max_new_tokens = 8;
  CHECK_THROWS_WITH_AS(memo<Prompt>(records_file("prompts"),
                                    [&](RecordSink<Prompt>& out) {
                                      generate_prompts({policy, {.shard_size = 8}, Seed(1)},
                                                       {{"one seed", "another seed"}, {}}, settings, "round1",
                                                       out);
                                    }),
                       doctest::Contains("0 of 5 prompts"), Error);
}
