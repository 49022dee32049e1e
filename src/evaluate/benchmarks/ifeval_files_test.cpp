#include "evaluate/benchmarks/ifeval_files.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

Json model(const char* name, int prompts) {
  return {{"name", name}, {"prompts", prompts}};
}

}  // namespace

TEST_CASE("the summaries of other models stay; the same model's is replaced") {
  const fs::path file = scratch_dir() / "ifeval.json";
  const Json first = Json::array({model("a", 1), model("b", 1)});
  CHECK(with_earlier_models(file, first) == first);
  write_file_atomically(file, Json{{"prompts", "p.jsonl"}, {"models", first}}.dump());
  CHECK(with_earlier_models(file, Json::array({model("c", 2), model("a", 2)})) ==
        Json::array({model("a", 2), model("b", 1), model("c", 2)}));
  write_file_atomically(file, "[]");
  CHECK_THROWS_WITH_AS(with_earlier_models(file, first), doctest::Contains("ifeval.json has no list"), Error);
}

TEST_CASE("a model's lines are made from the prompts and its answers, the summary from the prompts") {
  const fs::path dir = scratch_dir(), prompts = dir / "p.jsonl", answers = dir / "a.jsonl";
  const RunConfig config;
  const auto lines = [&] { return ifeval_lines_output(config, "org/a", answers, prompts, dir / "out"); };
  write_file_atomically(prompts, "1");
  write_file_atomically(answers, "2");
  const Output first = lines();
  CHECK(first.paths == std::vector{dir / "out/org_a.strict.jsonl", dir / "out/org_a.loose.jsonl"});
  take_up(first, /*overwrite=*/false, "");
  write_ifeval_lines(first, {});
  CHECK(differences(lines()).empty());
  write_file_atomically(answers, "other");
  CHECK(differences(lines()).size() == 1);
  const Json summary = ifeval_summary_output(config, prompts, dir / "out").inputs;
  write_file_atomically(prompts, "another");
  CHECK(differences(lines()).size() == 2);
  CHECK(ifeval_summary_output(config, prompts, dir / "out").inputs != summary);
}

TEST_CASE("prompts that lie where an output would are an error") {
  const fs::path dir = scratch_dir();
  for (const char* name : {"ifeval.json", "a.strict.jsonl", "a.loose.jsonl"}) {
    const fs::path prompts = dir / name;
    write_file_atomically(prompts, "1");
    const Output output = prompts.filename() == "ifeval.json"
                              ? ifeval_summary_output({}, prompts, dir)
                              : ifeval_lines_output({}, "a", dir / "x.jsonl", prompts, dir);
    CHECK_THROWS_WITH_AS(differences(output), doctest::Contains("name another output"), Error);
  }
}
