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

/// A file of answers to these rows; `generator` is the model's name where there is one.
std::string answers_to_ifeval(const std::string& file, const std::string& answer,
                              const Json& generator = {}) {
  std::string rows;
  for (const std::string& line : read_lines(kRoot / "ifeval.jsonl"))
    rows += Json{{"prompt", parse_json(line, "a row").at("prompt")},
                 {"response", answer},
                 {"generator", generator}}
                .dump() +
            "\n";
  write_file_atomically(kRoot / file, rows);
  return file;
}

/// Of files of answers, which no model has to write.
Result ifeval_of(const std::string& models, const std::string& out, const std::string& more = "") {
  return selfreward_does("evaluate ifeval " + models + " --prompts ifeval.jsonl --out " + out + " " + more);
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

TEST_CASE(
    "evaluate ifeval adds models to a directory, but keeps results of other answers and other prompts") {
  fresh();
  write_ifeval(3);
  answers_to_ifeval("a.jsonl", "yes, no");
  answers_to_ifeval("b.jsonl", "yes");
  answers_to_ifeval("other/a.jsonl", "maybe");
  REQUIRE(ifeval_of("a.jsonl", "out").code == 0);
  const std::string lines = read_file(kRoot / "out/a.strict.jsonl");
  CHECK(ifeval_of("b.jsonl", "out").code == 0);
  CHECK(read_json(kRoot / "out/ifeval.json").at("models").size() == 2);
  const Result other = ifeval_of("other/a.jsonl", "out");
  CHECK(other.code == 1);
  CHECK(other.says("answers: a.jsonl has another content"));
  write_ifeval(2);
  answers_to_ifeval("a.jsonl", "yes, no");
  CHECK(ifeval_of("a.jsonl", "out").says("--prompts: ifeval.jsonl has another content"));
  CHECK(read_file(kRoot / "out/a.strict.jsonl") == lines);
  CHECK(ifeval_of("a.jsonl", "out", "--overwrite").code == 0);
  CHECK(read_json(kRoot / "out/ifeval.json").at("models").size() == 1);
}

TEST_CASE("evaluate ifeval destroys neither what it reads nor a stranger's file") {
  fresh();
  write_ifeval(2);
  answers_to_ifeval("a.jsonl", "yes");
  write_file_atomically(kRoot / "own/ifeval.json", read_file(kRoot / "ifeval.jsonl"));
  const std::string own = "evaluate ifeval a.jsonl --prompts own/ifeval.json --out own --overwrite";
  CHECK(selfreward_does(own).says("name another output"));
  CHECK(read_file(kRoot / "own/ifeval.json") == read_file(kRoot / "ifeval.jsonl"));
  for (const std::string name : {"ifeval", "a.strict"}) {
    INFO(name);
    const fs::path record = kRoot / "records" / (name + ".inputs.json");
    write_file_atomically(record, read_file(kRoot / "ifeval.jsonl"));
    CHECK(selfreward_does("evaluate ifeval a.jsonl --out records --prompts " + record.string())
              .says("name another output"));
    CHECK(read_file(record) == read_file(kRoot / "ifeval.jsonl"));
  }
  answers_to_ifeval("models/a.strict.jsonl", "no");
  CHECK(ifeval_of("a.jsonl models/a.strict.jsonl", "models", "--overwrite").says("name another output"));
  write_file_atomically(kRoot / "strange/a.loose.jsonl", "mine");
  CHECK(ifeval_of("a.jsonl", "strange").says("says what it was made from"));
  CHECK(read_file(kRoot / "strange/a.loose.jsonl") == "mine");
}

TEST_CASE("evaluate ifeval says what is wrong before a model answers") {
  fresh();
  write_ifeval(2);
  fs::copy(kM0, kRoot / "base", fs::copy_options::recursive);
  Json tokenizer = read_json(kRoot / "base/tokenizer_config.json");
  tokenizer.erase("chat_template");
  write_file_atomically(kRoot / "base/tokenizer_config.json", tokenizer.dump());
  CHECK(selfreward_does(ifeval("out", "base")).says("base has no chat template"));
  CHECK(ifeval_of(kM0, "base").says("--out base holds a checkpoint; name another directory"));
  CHECK(!fs::exists(kRoot / "base/answers"));
  write_file_atomically(kRoot / "foreign.jsonl", R"({"prompt": "?", "response": "x"})");
  CHECK(selfreward_does(ifeval("out", "foreign.jsonl"))
            .says("is not among the prompts: \"?\" (model 'foreign.jsonl')"));
  answers_to_ifeval("1.jsonl", "yes", "a/b");
  answers_to_ifeval("2.jsonl", "yes", "a_b");
  CHECK(selfreward_does(ifeval("out", "1.jsonl 2.jsonl"))
            .says("the models 'a/b' and 'a_b' would share the files of 'a_b'"));
  answers_to_ifeval("3.jsonl", "yes", std::string(201, 'x'));
  CHECK(selfreward_does(ifeval("out", "3.jsonl")).says("a model's name has 201 bytes"));
  CHECK(!fs::exists(kRoot / "out/answers"));
  const Result nowhere = ifeval_of("1.jsonl", "''");
  CHECK(nowhere.code != 0);
  CHECK(nowhere.says("--out"));
  CHECK(!fs::exists(kRoot / "ifeval.json"));
  CHECK(ifeval_of("1.jsonl", "/proc/zz").says("cannot make the directory --out '/proc/zz': "));
}

TEST_CASE("evaluate ifeval says why an answer is missing") {
  fresh();
  const Json row{{"key", 7},
                 {"prompt", std::string(20000, 'x')},
                 {"instruction_id_list", {"punctuation:no_comma"}},
                 {"kwargs", Json::array({Json::object()})}};
  write_ifeval(1);
  write_file_atomically(kRoot / "ifeval.jsonl", read_file(kRoot / "ifeval.jsonl") + row.dump() + "\n");
  const Result result = selfreward_does(ifeval("out"));
  CHECK(result.code == 0);
  CHECK(result.says("1 (1 too long for the model's context)"));
}
