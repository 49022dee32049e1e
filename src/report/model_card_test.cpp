#include "report/model_card.h"

#include <doctest/doctest.h>

#include "support/report_example.h"

using namespace selfreward;

namespace {

/// The example run with models that are only names; left there for tests/python/read_run.py.
RunPaths example(const std::string& base_card) {
  const fs::path dir = fs::path(SELFREWARD_REPORT_EXAMPLE).parent_path() / "card_example";
  const RunPaths run(dir / "run");
  fs::remove_all(dir);
  write_example_run(run.root());
  const fs::path base = dir / "models--Some-Org--A-Model" / "snapshots" / "1";
  write_file_atomically(base / "config.json", "{}");
  write_file_atomically(base / "README.md", base_card);
  write_file_atomically(run.settings(),
                        "model: {model_name_or_path: " + base.string() + "}\ndpo: {beta: 0.3}\n");
  write_file_atomically(run.model(1) / "config.json", "{}");
  write_file_atomically(run.model(2) / "adapter_config.json", "{}");
  return run;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a base model that says nothing leaves its name and license out") {
  for (const char* card : {"# Base\n", "---\nlicense: [\n---\n", "---\nlicense: x\n", ""}) {
    CAPTURE(card);
    const RunPaths run = example(card);
    write_file_atomically(run.settings(), "model: {model_name_or_path: /nowhere}\n");
    CHECK(model_card(run, 1).starts_with("---\nlibrary_name: transformers\n"));
    write_file_atomically(
        run.settings(),
        "model: {model_name_or_path: " +
            (run.root().parent_path() / "models--Some-Org--A-Model" / "snapshots" / "1").string() + "}\n");
    CHECK(!has(model_card(run, 1), "license:"));
  }
}

TEST_CASE("without an evaluation there is no table of it") {
  const RunPaths run = example("");
  fs::remove(run.evaluation_summary());
  CHECK(!has(model_card(run, 2), "## Evaluation"));
}

TEST_CASE("cards say what was made of what, by how many rows, and what it is worth") {
  const RunPaths run = example("---\nlicense: apache-2.0\ntags: [a]\n---\n# Base\n");
  write_model_cards(run);
  const std::string first = read_file(run.model_card(1)), second = read_file(run.model_card(2));
  CHECK(
      first.starts_with("---\nbase_model: \"Some-Org/A-Model\"\nbase_model_relation: finetune\n"
                        "license: \"apache-2.0\"\nlibrary_name: transformers\n"));
  CHECK(has(first, "supervised fine-tuning (SFT) of M0"));
  CHECK(has(first, "| instruction examples (IFT) | 150 |"));
  CHECK(has(first, "AutoModelForCausalLM.from_pretrained"));
  CHECK(has(second, "base_model_relation: adapter\n"));
  CHECK(has(second, "library_name: peft\n"));
  CHECK(has(second, "(DPO) of M1 on answers that M1 wrote"));
  CHECK(has(second, "| new prompts | 240 |"));
  CHECK(has(second, "AutoPeftModelForCausalLM.from_pretrained"));
  CHECK(has(second, "| DPO beta | 0.3 |"));
  CHECK(has(second, "4.41"));  // the gold score of M3, in the table
  CHECK(!fs::exists(run.model_card(3)));
}
