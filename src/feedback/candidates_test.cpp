// Candidates, judgements and new prompts by a model.
#include "feedback/candidates.h"

#include <doctest/doctest.h>

#include "feedback/judging/judge.h"
#include "feedback/new_prompts.h"
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
