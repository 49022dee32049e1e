// verifiable_data DIR: writes the files that are made (data.h) into DIR from DIR's topics.jsonl and rubric.yaml.
// verifiable_data DIR --prompts COUNT [--seed SEED] [--split train|eval]: prints more prompts, to train on where no split
// is given; the seed is 1 where not given.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

#include "data/jsonl.h"
#include "verifiable/data.h"

namespace selfreward::verifiable {
namespace {

constexpr int64_t kMostPrompts = 1'000'000;

struct Arguments {
  fs::path dir;
  int64_t prompts = 0;  // 0: the files
  uint64_t seed = 1;
  std::string split = "train";
};

template <typename Number>
bool read_number(const char* text, Number& number) {
  const char* const end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, number);
  return result.ec == std::errc() && result.ptr == end;
}

std::optional<Arguments> read_arguments(int count, char** values) {
  if (count % 2 != 0) return std::nullopt;
  Arguments arguments{values[1]};
  for (int i = 2; i < count; i += 2) {
    const std::string name = values[i];
    if (name == "--prompts" && read_number(values[i + 1], arguments.prompts) && arguments.prompts > 0 &&
        arguments.prompts <= kMostPrompts)
      continue;
    if (name == "--seed" && read_number(values[i + 1], arguments.seed)) continue;
    if (name == "--split") arguments.split = values[i + 1];
    if (name == "--split" && (arguments.split == "train" || arguments.split == "eval")) continue;
    return std::nullopt;
  }
  if (arguments.prompts == 0 && count > 2) return std::nullopt;  // a seed of nothing
  return arguments;
}

void print_more(const Arguments& arguments, const std::vector<Topic>& topics) {
  std::set<std::string> taken;
  for (const char* name : {"train.jsonl", "eval.jsonl", "ranked.jsonl", "eval_ranked.jsonl", "ift.jsonl"})
    for (const VerifiablePrompt& row : read_verifiable(arguments.dir / name)) taken.insert(row.prompt);
  const std::string lines =
      to_jsonl(more_prompts(topics, arguments.split, std::move(taken), arguments.prompts, arguments.seed));
  const bool written = std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size();
  check(std::fflush(stdout) == 0 && written, "[verifiable] cannot write to standard output");
}

void run(const Arguments& arguments) {
  const auto topics = read_topics(arguments.dir / "topics.jsonl");
  if (arguments.prompts > 0) return print_more(arguments, topics);
  const Data data = make_data(topics, Rubric::load(arguments.dir / "rubric.yaml"));
  for (const auto& [name, content] : data_files(data)) write_file_atomically(arguments.dir / name, content);
}

}  // namespace
}  // namespace selfreward::verifiable

int main(int count, char** values) {
  using namespace selfreward;
  const auto arguments = verifiable::read_arguments(count, values);
  if (!arguments) {
    std::fprintf(
        stderr,
        "usage: verifiable_data DIR [--prompts COUNT (at most 1000000) [--seed SEED] [--split train|eval]]\n");
    return 2;
  }
  try {
    verifiable::run(*arguments);
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
