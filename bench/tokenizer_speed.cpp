// Speed of our tokenizer on one thread; bench/tokenizer_speed.py runs it beside the `tokenizers` package:
//   selfreward-tokenizer-bench TOKENIZER_DIR TEXTS.jsonl SECONDS     one JSON string a line
// Encodes all texts again and again, at least SECONDS of processor time long; prints {"bytes", "tokens",
// "seconds"} of one pass, the first (nothing cached) and the best, in seconds of processor time.
#include <ctime>
#include <fstream>
#include <iostream>

#include "base/json.h"
#include "text/tokenizer/tokenizer.h"

using namespace selfreward;

namespace {

std::vector<std::string> read_texts(const std::string& file) {
  std::vector<std::string> texts;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) texts.push_back(parse_json(line, file).get<std::string>());
  check(!texts.empty(), file, " has no texts");
  return texts;
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Json measure(const Tokenizer& tokenizer, const std::vector<std::string>& texts, double seconds) {
  size_t bytes = 0, tokens = 0;
  for (const std::string& text : texts) bytes += text.size();
  double first = 0, best = 0;
  const double start = processor_seconds();
  do {
    const double pass = processor_seconds();
    tokens = 0;
    for (const std::string& text : texts) tokens += tokenizer.encode(text).size();
    const double taken = processor_seconds() - pass;
    if (first == 0) first = taken;
    best = best == 0 ? taken : std::min(best, taken);
  } while (processor_seconds() - start < seconds);
  return {{"bytes", bytes}, {"tokens", tokens}, {"first_seconds", first}, {"best_seconds", best}};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    check(argc == 4, "usage: selfreward-tokenizer-bench TOKENIZER_DIR TEXTS.jsonl SECONDS");
    const Tokenizer tokenizer = Tokenizer::load(argv[1]);
    std::cout << measure(tokenizer, read_texts(argv[2]), std::stod(argv[3])) << "\n";
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "selfreward-tokenizer-bench: error: " << e.what() << "\n";
    return 2;
  }
}
