#include "base/output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/content_hash.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Output output_in(const fs::path& dir, Json inputs) {
  const fs::path file = dir / "answers.jsonl";
  return {"answers.jsonl", {file, file.string() + ".partial"}, inputs_file(file), std::move(inputs)};
}

Json some_inputs() {
  return {{"learning_rate", 0.1}, {"data", {{"a.jsonl", content_hash("a")}, {"b.jsonl", content_hash("b")}}}};
}

/// What differs from work that was begun with some_inputs().
std::vector<std::string> differences_of(const Json& inputs) {
  const fs::path dir = scratch_dir();
  take_up(output_in(dir, some_inputs()), /*overwrite=*/false, "");
  write_file_atomically(dir / "answers.jsonl.partial", "x");
  return differences(output_in(dir, inputs));
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("what differs is said in words") {
  Json inputs = some_inputs();
  CHECK(differences_of(inputs).empty());
  inputs["learning_rate"] = 0.2;
  CHECK(differences_of(inputs) == Texts{"learning_rate was 0.1 and is 0.2"});
  inputs = some_inputs();
  inputs["data"]["a.jsonl"] = content_hash("other");
  CHECK(differences_of(inputs) == Texts{"data: a.jsonl has another content"});
  inputs["data"] = {{"b.jsonl", content_hash("b")}, {"c.jsonl", content_hash("c")}};
  CHECK(differences_of(inputs) == Texts{"data: c.jsonl is there and was not there then",
                                        "data: a.jsonl was there and is not there now"});
  inputs = some_inputs();
  inputs.erase("data");
  CHECK(differences_of(inputs).size() == 1);
}

TEST_CASE("the order of files matters, that of settings does not") {
  Json inputs{{"data", some_inputs()["data"]}, {"learning_rate", 0.1}};
  CHECK(differences_of(inputs).empty());
  inputs["data"] = {{"b.jsonl", content_hash("b")}, {"a.jsonl", content_hash("a")}};
  CHECK(differences_of(inputs) == Texts{"the files of data come in another order"});
}

TEST_CASE("an input that is not known yet is not compared") {
  Json inputs = some_inputs();
  inputs["data"] = nullptr;
  CHECK(differences_of(inputs).empty());
}

TEST_CASE("nothing that was made from other inputs is taken up, unless it is to be made again") {
  const fs::path dir = scratch_dir();
  const Output before = output_in(dir, {{"seed", 1}}), now = output_in(dir, {{"seed", 2}});
  take_up(before, false, "");
  CHECK(!is_begun(before));
  CHECK_NOTHROW(take_up(now, false, ""));  // nothing was begun
  CHECK(read_json(now.record) == now.inputs);
  for (const fs::path& path : now.paths) {
    take_up(before, false, "");
    write_file_atomically(path, "result");
    CHECK_NOTHROW(take_up(before, false, ""));
    CHECK_THROWS_WITH_AS(take_up(now, false, "Add --overwrite."),
                         doctest::Contains("seed was 1 and is 2. Add --overwrite."), Error);
    CHECK(read_file(path) == "result");
    CHECK(read_json(before.record) == before.inputs);
    take_up(now, true, "");
    CHECK(!fs::exists(path));
    CHECK(read_json(now.record) == now.inputs);
  }
}

TEST_CASE("a result without a record of its inputs is not taken up") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "answers.jsonl", "x");
  CHECK_THROWS_WITH_AS(take_up(output_in(dir, some_inputs()), false, ""), doctest::Contains("there is no"),
                       Error);
}

TEST_CASE(
    "an output that is one of its own inputs, or holds one, is an error, also where it is to be made again") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "model/config.json", "{}");
  fs::create_directory_symlink(dir / "model", dir / "link");
  for (const char* source : {"model", "model/config.json", "link"}) {
    Output output{"model", {dir / "model"}, dir / "model.inputs.json", {}, {dir / source}};
    CHECK_THROWS_WITH_AS(take_up(output, true, ""), doctest::Contains("name another output"), Error);
  }
  CHECK(fs::exists(dir / "model/config.json"));
  CHECK_NOTHROW(
      take_up({"a", {dir / "model/a.jsonl"}, dir / "a.inputs.json", {}, {dir / "model"}}, true, ""));
}

TEST_CASE("a record that cannot be read is another one") {
  const fs::path dir = scratch_dir();
  const Output output = output_in(dir, some_inputs());
  write_file_atomically(output.paths[0], "x");
  write_file_atomically(output.record, "{\"half");
  CHECK_THROWS_WITH_AS(take_up(output, false, ""), doctest::Contains("is no JSON object"), Error);
  CHECK_NOTHROW(take_up(output, true, ""));
}

TEST_CASE("files whose names differ in their end have records of their own") {
  CHECK(inputs_file("d/a.jsonl") == "d/a.inputs.json");
  CHECK(inputs_file("d/a.json") == "d/a.json.inputs.json");
  CHECK(inputs_file("gen-0.7") == "gen-0.7.inputs.json");
}

TEST_CASE("an empty directory is nothing that was begun") {
  const fs::path dir = scratch_dir();
  fs::create_directories(dir / "answers.jsonl");
  CHECK(!is_begun(output_in(dir, {})));
}

TEST_CASE("a partial file without a line is no work, a result without a record is one") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "answers.jsonl.partial", "");
  CHECK(!is_begun(output_in(dir, {})));
  write_file_atomically(dir / "answers.jsonl", "");
  CHECK(is_begun(output_in(dir, {})));
}

TEST_CASE("a process may lock what lies in a directory that it has locked") {
  const fs::path dir = scratch_dir();
  const OutputLock around(dir / "run" / "");
  CHECK_NOTHROW(OutputLock(dir / "run/M1/prompts.jsonl"));
}

TEST_CASE("the lock of a directory is one of all that lies in it") {
  const fs::path dir = scratch_dir();
  fs::create_directories(dir / "run");
  const int lock = ::open((dir / "run/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  CHECK_THROWS_WITH_AS(OutputLock(dir / "run/M2"), doctest::Contains("another process is at work in"), Error);
  CHECK_THROWS_WITH_AS(OutputLock(dir / "run/M1/prompts.jsonl"), doctest::Contains("run/.lock"), Error);
  ::close(lock);
  CHECK_NOTHROW(OutputLock(dir / "run/M2"));
}

TEST_CASE("one process at a time works on an output") {
  const fs::path file = scratch_dir() / "answers.jsonl";
  {
    const OutputLock lock(file);
    CHECK_THROWS_WITH_AS(OutputLock{file}, doctest::Contains("another process is at work"), Error);
    const OutputLock other(file.string() + "2");
  }
  CHECK(!fs::exists(file.string() + ".lock"));
  CHECK_NOTHROW(OutputLock{file});
}

TEST_CASE("the lock of a process that was killed is free") {
  const fs::path file = scratch_dir() / "answers.jsonl";
  if (const pid_t child = fork(); child == 0) {
    const OutputLock lock(file);
    _exit(0);  // without its destructor
  } else {
    waitpid(child, nullptr, 0);
  }
  CHECK(fs::exists(file.string() + ".lock"));
  CHECK_NOTHROW(OutputLock{file});
}
