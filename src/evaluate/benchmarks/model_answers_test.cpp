#include "evaluate/benchmarks/model_answers.h"

#include <doctest/doctest.h>

#include "data/record_file.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::vector<Instruction> kInstructions = {{"1", "Say hi.", ""}, {"2", "Say no.", ""}};

/// The answers of an earlier call, to a prompt with this id.
Output kept_answers(const RunConfig& config, const std::string& id, const fs::path& out) {
  const Output output = answers_output(config, kTinyLlama, kInstructions, out);
  take_up(output, /*overwrite=*/true, "");
  const Json row{
      {"prompt_id", id}, {"index", 0}, {"text", "hi"}, {"finish_reason", "stop"}, {"token_ids", {1}}};
  write_file_atomically(output.paths.front(), row.dump() + "\n");
  return output;
}

}  // namespace

TEST_CASE(
    "kept answers are taken up with what was too long; one to another prompt is an error with file and id") {
  const RunConfig config;
  const fs::path out = scratch_dir();
  const Output kept = kept_answers(config, "2", out);
  write_file_atomically(counts_file(kept.paths.front()), R"({"prompt_too_long": 1})");
  const ModelOutputs outputs = outputs_of(config, kTinyLlama, kInstructions, {out});
  CHECK(outputs.too_long == 1);
  REQUIRE(outputs.rows.size() == 1);
  CHECK(outputs.rows[0].instruction == "Say no.");
  kept_answers(config, "foreign", out);
  CHECK_THROWS_WITH_AS(outputs_of(config, kTinyLlama, kInstructions, {out}),
                       doctest::Contains("answers/tiny_llama.jsonl answers the prompt 'foreign'"), Error);
}

TEST_CASE("a checkpoint without a chat template cannot answer") {
  const fs::path dir = scratch_dir("base_model");
  fs::copy(kTinyLlama, dir, fs::copy_options::recursive);
  const RunConfig config;
  CHECK_NOTHROW(check_can_answer(config.model, dir));
  fs::remove(dir / "chat_template.jinja");
  Json tokenizer = read_json(dir / "tokenizer_config.json");
  tokenizer.erase("chat_template");
  write_file_atomically(dir / "tokenizer_config.json", tokenizer.dump());
  CHECK_THROWS_WITH_AS(check_can_answer(config.model, dir), doctest::Contains("has no chat template"), Error);
}
