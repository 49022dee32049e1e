// Tokenizers built as those of the chat model families, against the `tokenizers` package: rows of
// tests/golden/make_tokenizer_style_golden.py, versions in the first line of each file.
#include <doctest/doctest.h>

#include <sstream>

#include "base/json.h"
#include "text/tokenizer/tokenizer.h"
#include "text/unicode/utf8.h"

using namespace selfreward;

namespace {

const fs::path kStyles = fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/tokenizer_styles";

std::string text_of(const Json& row) {
  if (row.contains("text")) return row["text"];
  const std::string hex = row["hex"];
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

/// The value of `key`, or what null stands for.
template <typename T>
T value_or(const Json& row, const char* key, const T& fallback) {
  return row[key].is_null() ? fallback : row[key].get<T>();
}

void check_row(const Tokenizer& tokenizer, const Json& row) {
  const std::string text = text_of(row);
  const auto ids = row["ids"].get<TokenIds>();
  const auto decoded = value_or<std::string>(row, "decoded", repair_utf8(text));
  CAPTURE(row.dump());
  CHECK(tokenizer.encode(text) == ids);
  CHECK(tokenizer.encode(text, /*add_special=*/false, {{0, text.size()}}) == value_or(row, "text_ids", ids));
  CHECK(tokenizer.decode(ids, /*skip_special=*/false) == decoded);
  CHECK(tokenizer.decode(ids, /*skip_special=*/true) == value_or(row, "skipped", decoded));
}

void check_style(const std::string& name) {
  const Tokenizer tokenizer = Tokenizer::load(kStyles / name);
  std::istringstream lines(read_file(kStyles / name / "rows.jsonl"));
  std::string line;
  std::getline(lines, line);
  CHECK(tokenizer.encode("Hi there", /*add_special=*/true) ==
        parse_json(line, name)["with_special"].get<TokenIds>());
  int rows = 0;
  for (; std::getline(lines, line); ++rows) check_row(tokenizer, parse_json(line, name));
  CHECK(rows == 64);
}

}  // namespace

TEST_CASE("Qwen: NFC, then byte-level BPE") {
  check_style("qwen_style");
}
TEST_CASE("OLMo 2, Phi-4: byte-level BPE with possessive repeats") {
  check_style("olmo_style");
}
TEST_CASE("Falcon: steps after ByteLevel, punctuation") {
  check_style("falcon_style");
}
TEST_CASE("Mistral: Metaspace at the begin of the input only") {
  check_style("mistral_style");
}
TEST_CASE("Phi-3: added tokens with lstrip, rstrip, single_word, normalized") {
  check_style("phi3_style");
}
TEST_CASE("Gemma: many added tokens, runs of line feeds and spaces") {
  check_style("gemma_style");
}
TEST_CASE("NFKC, Metaspace that splits, RobertaProcessing") {
  check_style("metaspace_style");
}
TEST_CASE("Strip, NFKD, Whitespace, WhitespaceSplit") {
  check_style("words_style");
}
