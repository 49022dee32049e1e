// verifiable_data DIR: writes the files that are made (data.h) into DIR from DIR's topics.jsonl and
// rubric.yaml.
#include <cstdio>

#include "verifiable/data.h"

int main(int count, char** arguments) {
  using namespace selfreward;
  if (count != 2) return std::fprintf(stderr, "usage: verifiable_data DIR\n"), 2;
  try {
    const fs::path dir = arguments[1];
    const auto data = verifiable::make_data(verifiable::read_topics(dir / "topics.jsonl"),
                                            Rubric::load(dir / "rubric.yaml"));
    for (const auto& [name, content] : verifiable::data_files(data))
      write_file_atomically(dir / name, content);
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
