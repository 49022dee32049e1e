#include "label/label_store.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

LabelTasks tasks_of(const std::string& id) {
  std::map<std::string, int64_t> dropped;
  const auto answer = [&](int64_t index) { return Candidate{id, index, {}, "Bye", FinishReason::stop}; };
  return label_tasks("ranks", {{id, "Say bye.", "seed"}}, {answer(0), answer(1)}, dropped);
}

const LabelTasks kTasks = tasks_of("q");

Label rank(int64_t index, double value) {
  return {"q", index, 0, value, std::nullopt};
}

/// A directory with a click.
fs::path begun() {
  const fs::path dir = scratch_dir("labels");
  LabelStore(kTasks, dir).add(rank(0, 1));
  return dir;
}

/// While it lives no file can grow beyond `bytes`, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("every click is on the disk: a second sitting goes on, a torn line was never given") {
  const fs::path dir = scratch_dir("labels");
  {
    LabelStore store(kTasks, dir);
    store.add(rank(0, 1));
    CHECK_THROWS_AS(store.add(rank(5, 1)), Error);
  }
  write_file_atomically(dir / "labels.jsonl", read_file(dir / "labels.jsonl") + R"({"prompt_id":"q","ind)");
  {
    LabelStore store(kTasks, dir);
    CHECK(store.labels().all().size() == 1);
    store.add(rank(1, 2));
  }
  CHECK(read_lines(dir / "ranked.jsonl").size() == 1);
  CHECK(read_lines(dir / "labels.jsonl").size() == 2);
  const LabelTasks others = tasks_of("p");
  CHECK_THROWS_WITH_AS(LabelStore(others, dir), doctest::Contains("line 1"), Error);
}

TEST_CASE("a click that the disk has no room for is not taken, and nothing of it stays before the next one") {
  const fs::path dir = begun(), log = dir / "labels.jsonl";
  const std::string before = read_file(log);
  LabelStore store(kTasks, dir);
  {
    const FullDisk full(before.size() + 10);
    CHECK_THROWS_WITH_AS(store.add(rank(1, 2)), doctest::Contains("cannot write"), Error);
  }
  CHECK(read_file(log) == before);
  CHECK(store.labels().all().size() == 1);
  store.add(rank(1, 2));
  CHECK(LabelStore(kTasks, dir).labels().all().size() == 2);
}

TEST_CASE("where only the results cannot be written the click is kept, and the error says so") {
  const fs::path dir = begun();
  LabelStore store(kTasks, dir);
  fs::create_directory(dir / "ranked.jsonl.tmp");  // where the file would be made
  CHECK_THROWS_WITH_AS(store.add(rank(1, 2)), doctest::Contains("the click is kept in"), Error);
  CHECK(store.labels().all().size() == 2);
  fs::remove(dir / "ranked.jsonl.tmp");
  CHECK(LabelStore(kTasks, dir).labels().all().size() == 2);
  CHECK(read_lines(dir / "ranked.jsonl").size() == 1);
}

TEST_CASE("a click is not said to be kept where the log was moved away under the program") {
  const fs::path dir = begun();
  LabelStore store(kTasks, dir);
  fs::rename(dir, dir.string() + "_moved");
  CHECK_THROWS_WITH_AS(store.add(rank(1, 2)), doctest::Contains("is gone: the click is not kept"), Error);
  CHECK(!fs::exists(dir));
  fs::rename(dir.string() + "_moved", dir);
  store.add(rank(1, 2));
  CHECK(LabelStore(kTasks, dir).labels().all().size() == 2);
}

TEST_CASE("results whose labels are lost are not emptied") {
  const fs::path dir = begun();
  LabelStore(kTasks, dir).add(rank(1, 2));
  const std::string ranked = read_file(dir / "ranked.jsonl");
  fs::rename(dir / "labels.jsonl", dir / "aside");
  CHECK_THROWS_WITH_AS(LabelStore(kTasks, dir), doctest::Contains("ranked.jsonl has rows, but"), Error);
  CHECK(read_file(dir / "ranked.jsonl") == ranked);
  fs::rename(dir / "aside", dir / "labels.jsonl");
  CHECK(LabelStore(kTasks, dir).labels().all().size() == 2);
}

TEST_CASE("a line that is no label is an error with its file and number, without what stands there") {
  const fs::path dir = begun(), log = dir / "labels.jsonl";
  const std::string first = read_file(log);
  for (const std::string line :
       {"\x1b[2J\x01\xff", "[1]", R"({"prompt_id": "q"})", R"({"prompt_id": 7, "index": 0})",
        R"({"prompt_id": "q", "index": 0.5, "value": 1})"}) {
    CAPTURE(line);
    write_file_atomically(log, first + line + "\n");
    try {
      const LabelStore store(kTasks, dir);
      FAIL_CHECK("it was taken");
    } catch (const Error& error) {
      const std::string text = error.what();
      CHECK(text.find(log.string() + ", line 2 is no label") != std::string::npos);
      CHECK(text.find(line) == std::string::npos);
      CHECK(text.find("json.exception") == std::string::npos);
    }
  }
}
