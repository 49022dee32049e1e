#include "model/files/checkpoint_files.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

std::vector<std::string> names_of(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.filename().string());
  return names;
}

}  // namespace

TEST_CASE("a model's files are what it is read from, not what lies beside it") {
  const fs::path dir = scratch_dir();
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja",
                           "README.md", "prompts.jsonl", "prompts.inputs.json", "round.json"})
    write_file_atomically(dir / name, "x");
  CHECK(names_of(policy_files(dir)) == std::vector<std::string>{"chat_template.jinja", "config.json",
                                                                "model.safetensors", "tokenizer.json"});
  CHECK_THROWS_WITH_AS(policy_files(dir / "none"), doctest::Contains("not a directory"), Error);
}

TEST_CASE("the base model belongs to an adapter") {
  const fs::path dir = scratch_dir();
  fs::copy(kFixtures / "tiny_llama", dir / "base", fs::copy_options::recursive);
  write_file_atomically(dir / "adapter/adapter_config.json",
                        "{\"base_model_name_or_path\": \"" + (dir / "base").string() + "\"}");
  write_file_atomically(dir / "adapter/adapter_model.safetensors", "x");
  const auto files = policy_files(dir / "adapter");
  CHECK(files.front() == dir / "adapter/adapter_config.json");
  CHECK(std::find(files.begin(), files.end(), dir / "base/model.safetensors") != files.end());
}

TEST_CASE("a checkpoint replaces a checkpoint and an empty directory, nothing else") {
  const fs::path dir = scratch_dir();
  CHECK_NOTHROW(check_replaceable(dir / "new"));
  CHECK_NOTHROW(check_replaceable(dir / "new/"));
  fs::create_directories(dir / "empty");
  CHECK_NOTHROW(check_replaceable(dir / "empty/"));
  write_file_atomically(dir / "model/config.json", "{}");
  CHECK_NOTHROW(check_replaceable(dir / "model"));
  write_file_atomically(dir / "notes/notes.txt", "x");
  CHECK_THROWS_WITH_AS(check_replaceable(dir / "notes"), doctest::Contains("not a checkpoint"), Error);
  write_file_atomically(dir / "file", "x");
  CHECK_THROWS_WITH_AS(check_replaceable(dir / "file"), doctest::Contains("a file with this name"), Error);
}

TEST_CASE("what is no part of a checkpoint is not lost with it") {
  const fs::path dir = scratch_dir() / "model";
  CHECK_NOTHROW(check_nothing_else_is_lost(dir));
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json", "README.md",
                           "additional_chat_templates/tool_use.jinja"})
    write_file_atomically(dir / name, "{}");
  CHECK_NOTHROW(check_nothing_else_is_lost(dir));
  write_file_atomically(dir / "candidates.jsonl", "x");
  CHECK_THROWS_WITH_AS(check_nothing_else_is_lost(dir), doctest::Contains("candidates.jsonl is no part of"),
                       Error);
}
