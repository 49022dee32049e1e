// Compares our tokenizer with the ids and texts that tests/tokenizers/compare.py got from the `tokenizers`
// package:
//   tokenizer_compare TOKENIZER_DIR ROWS.jsonl [SHOWN]
// A row is {"hex": bytes of the text, "ids", "text_ids" (no special tokens recognised), "decoded", "skipped"
// (without special tokens)}.
// Prints the first differences and how many rows differ; exit code 1 if any does.
#include <fstream>
#include <iostream>

#include "base/json.h"
#include "text/tokenizer/tokenizer.h"

using namespace selfreward;

namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

/// The keys of `row` whose values are not ours, with both values; empty where all agree.
std::string differences(const Tokenizer& tokenizer, const Json& row) {
  const std::string text = from_hex(row["hex"]);
  const auto ids = row["ids"].get<TokenIds>();
  const Json ours = {{"ids", tokenizer.encode(text)},
                     {"text_ids", tokenizer.encode(text, /*add_special=*/false, {{0, text.size()}})},
                     {"decoded", tokenizer.decode(ids, /*skip_special=*/false)},
                     {"skipped", tokenizer.decode(ids, /*skip_special=*/true)}};
  std::string out;
  for (const auto& [key, value] : ours.items())
    if (value != row[key])
      out += "\n  " + key + "\n    ours   " + value.dump() + "\n    wanted " + row[key].dump();
  return out;
}

int compare(const fs::path& dir, const std::string& file, int shown) {
  const Tokenizer tokenizer = Tokenizer::load(dir);
  std::ifstream in(file);
  int rows = 0, wrong = 0;
  for (std::string line; std::getline(in, line); ++rows) {
    const Json row = parse_json(line, file);
    const std::string found = differences(tokenizer, row);
    if (!found.empty() && ++wrong <= shown)
      std::cout << "row " << rows << " " << row["text"].dump() << found << "\n";
  }
  std::cout << rows << " rows, " << wrong << " differ\n";
  return wrong == 0 && rows > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    check(argc == 3 || argc == 4, "usage: tokenizer_compare TOKENIZER_DIR ROWS.jsonl [SHOWN]");
    return compare(argv[1], argv[2], argc == 4 ? std::stoi(argv[3]) : 20);
  } catch (const std::exception& e) {
    std::cerr << "tokenizer_compare: error: " << e.what() << "\n";
    return 2;
  }
}
