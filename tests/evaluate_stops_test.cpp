// Evaluations that a signal stops go on to the same bytes, and take up nothing of other inputs.
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

namespace {

const std::string kShort =
    " --set model.dtype=float32 --set generation.shard_size=2 --set evaluate.sampling.max_new_tokens=12 "
    "--set judge.sampling.max_new_tokens=12";

/// The first `count` prompts as instructions, and outputs for them.
void write_task(size_t count) {
  std::string instructions;
  Json outputs = Json::array();
  const auto lines = read_lines(kData + "held_out_prompts.jsonl");
  for (size_t i = 0; i < count; ++i) {
    const std::string text = parse_json(lines.at(i), "prompts").at("prompt");
    instructions += Json{{"instruction", text}}.dump() + "\n";
    outputs.push_back({{"instruction", text}, {"output", "an answer"}, {"generator", "reference"}});
  }
  write_file_atomically(kRoot / "instructions.jsonl", instructions);
  write_file_atomically(kRoot / "reference.json", outputs.dump());
  write_file_atomically(
      kRoot / "rubric.yaml",
      "template: '{instruction} {response_a} {response_b}'\nverdict_pattern: '(A|B|tie)'\n");
}

std::string alpaca(const std::string& out, const std::string& more = "") {
  return "evaluate alpaca --model " + kM0 +
         " --reference reference.json --instructions instructions.jsonl --judge " + kM0 +
         " --rubric rubric.yaml --out " + out + kShort + " " + more;
}

void write_questions(size_t count) {
  std::string questions;
  for (size_t i = 0; i < count; ++i)
    questions +=
        Json{{"question_id", 81 + i}, {"category", "writing"}, {"turns", {str("write ", i), "and again"}}}
            .dump() +
        "\n";
  write_file_atomically(kRoot / "questions.jsonl", questions);
  write_file_atomically(kRoot / "mt.yaml",
                        "name: short\nfirst_turn: '{answer_1}'\nfirst_turn_reference: '{answer_1}'\n"
                        "second_turn: '{answer_2}'\nsecond_turn_reference: '{answer_2}'\n"
                        "rating_patterns: ['\\[\\[(\\d+)\\]\\]']\n");
}

std::string mt_bench(const std::string& out, const std::string& more = "") {
  return "evaluate mt-bench --model " + kM0 + " --questions questions.jsonl --judge " + kM0 +
         " --rubric mt.yaml --out " + out + " --set model.dtype=float32 --set generation.shard_size=2 " +
         more;
}

/// IFEval rows about the first `count` prompts.
void write_ifeval(size_t count) {
  std::string rows;
  const auto lines = read_lines(kData + "held_out_prompts.jsonl");
  for (size_t i = 0; i < count; ++i)
    rows += Json{{"key", 1000 + i},
                 {"prompt", parse_json(lines.at(i), "prompts").at("prompt")},
                 {"instruction_id_list", {"punctuation:no_comma"}},
                 {"kwargs", Json::array({Json::object()})}}
                .dump() +
            "\n";
  write_file_atomically(kRoot / "ifeval.jsonl", rows);
}

std::string ifeval(const std::string& out, const std::string& more = "") {
  return "evaluate ifeval " + kM0 + " --prompts ifeval.jsonl --out " + out +
         " --set model.dtype=float32 --set generation.shard_size=2 --set evaluate.sampling.max_new_tokens=12 " +
         more;
}

}  // namespace

TEST_CASE("evaluate alpaca, stopped while the model answers and while the judge compares") {
  fresh();
  write_task(16);
  REQUIRE(selfreward_does(alpaca("whole")).code == 0);
  const fs::path answers = kRoot / "parts/answers/m0.jsonl.partial",
                 verdicts = kRoot / "parts/comparisons/reference_vs_m0.jsonl.partial";
  CHECK(stopped_at(alpaca("parts"), answers, half_of("whole/answers/m0.jsonl"), SIGINT) == 130);
  CHECK(!fs::exists(kRoot / "parts/annotations.json"));
  CHECK(stopped_at(alpaca("parts"), verdicts, half_of("whole/comparisons/reference_vs_m0.jsonl"), SIGTERM) ==
        143);
  REQUIRE(selfreward_does(alpaca("parts")).code == 0);
  for (const char* file : {"annotations.json", "leaderboard.csv", "model_outputs.json"}) {
    INFO(file);
    CHECK(read_file(kRoot / "parts" / file) == read_file(kRoot / "whole" / file));
  }
  write_task(15);
  const Result other = selfreward_does(alpaca("whole"));
  CHECK(other.code == 1);
  CHECK(other.says("instructions"));
}

TEST_CASE("evaluate mt-bench, stopped on the way") {
  fresh();
  write_questions(8);
  REQUIRE(selfreward_does(mt_bench("whole")).code == 0);
  const fs::path answers = kRoot / "parts/model_answer/m0.jsonl.partial";
  CHECK(stopped_at(mt_bench("parts"), answers, half_of("whole/model_answer/m0.jsonl"), SIGINT) == 130);
  CHECK(!fs::exists(kRoot / "parts/mt_bench_m0.json"));
  REQUIRE(selfreward_does(mt_bench("parts")).code == 0);
  CHECK(read_file(kRoot / "parts/mt_bench_m0.json") == read_file(kRoot / "whole/mt_bench_m0.json"));
  write_questions(7);
  CHECK(selfreward_does(mt_bench("whole")).code == 1);
  CHECK(selfreward_does(mt_bench("whole", "--overwrite")).code == 0);
}

TEST_CASE("evaluate ifeval, stopped on the way, and with other prompts or settings") {
  fresh();
  write_ifeval(16);
  REQUIRE(selfreward_does(ifeval("whole")).code == 0);
  const fs::path answers = kRoot / "parts/answers/m0.jsonl.partial";
  CHECK(stopped_at(ifeval("parts"), answers, half_of("whole/answers/m0.jsonl"), SIGTERM) == 143);
  CHECK(!fs::exists(kRoot / "parts/ifeval.json"));
  REQUIRE(selfreward_does(ifeval("parts")).code == 0);
  for (const char* file : {"ifeval.json", "m0.strict.jsonl", "m0.loose.jsonl"}) {
    INFO(file);
    CHECK(read_file(kRoot / "parts" / file) == read_file(kRoot / "whole" / file));
  }
  CHECK(selfreward_does(ifeval("whole", "--set evaluate.sampling.max_new_tokens=8")).code == 1);
  write_ifeval(15);
  CHECK(selfreward_does(ifeval("whole")).code == 1);
  CHECK(selfreward_does(ifeval("whole", "--overwrite")).code == 0);
}
