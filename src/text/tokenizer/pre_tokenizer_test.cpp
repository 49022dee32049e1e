#include "text/tokenizer/pre_tokenizer.h"

#include <doctest/doctest.h>

#include "text/tokenizer/byte_level.h"

using namespace selfreward;

namespace {

using Words = std::vector<std::string>;

/// The words as the vocabulary spells them.
Words split(const LookupJson& json, const std::string& text) {
  const PreTokenizer pre_tokenizer(JsonPart(json, "pre_tokenizer"));
  const CutText cut = pre_tokenizer.cut(text);
  Words words;
  for (size_t i = 0; i < cut.words.size(); ++i)
    words.push_back(pre_tokenizer.is_byte_level() ? to_byte_level(cut[i]) : std::string(cut[i]));
  return words;
}

LookupJson split_json(const LookupJson& pattern, const std::string& behavior, bool invert = false) {
  return {{"type", "Split"}, {"pattern", pattern}, {"behavior", behavior}, {"invert", invert}};
}

}  // namespace

TEST_CASE("every behavior of Split cuts as the tokenizers package does") {
  // tests/golden/make_tokenizer_golden.py
  const auto golden =
      read_json<LookupJson>(fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/tokenizer/golden.json");
  const auto text = golden["split_text"].get<std::string>();
  for (const LookupJson& row : golden["splits"]) {
    CAPTURE(row.dump());
    CHECK(split(split_json(row["pattern"], row["behavior"], row["invert"]), text) ==
          row["pieces"].get<Words>());
  }
}

TEST_CASE("classes hold the characters that the tokenizers package counts to them, young ones too") {
  // tests/golden/make_tokenizer_style_golden.py
  const auto golden =
      read_json<LookupJson>(fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/tokenizer_styles/unicode.json");
  CHECK(golden["classes"].size() == 14);
  for (const LookupJson& row : golden["classes"]) {
    CAPTURE(row.dump());
    CHECK(split(row["json"], golden["class_text"]) == row["pieces"].get<Words>());
  }
}

TEST_CASE("Metaspace marks spaces, and the begin of all words, of the first or of none") {
  const auto metaspace = [](const char* scheme, bool split_words) {
    return LookupJson{
        {"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", scheme}, {"split", split_words}};
  };
  CHECK(split(metaspace("always", true), "a  b") == Words{"_a", "_", "_b"});
  CHECK(split(metaspace("never", true), "a b ") == Words{"a", "_b", "_"});
  CHECK(split(metaspace("first", false), " a b") == Words{"_a_b"});
  const auto json = metaspace("first", false);
  const PreTokenizer first(JsonPart(json, "pre_tokenizer"));
  CHECK(first.cut("a", /*begins_input=*/true)[0] == "_a");
  CHECK(first.cut("a", /*begins_input=*/false)[0] == "a");
}

TEST_CASE("Digits cuts numbers out, whole or digit by digit") {
  CHECK(split({{"type", "Digits"}, {"individual_digits", false}}, "ab12c3") == Words{"ab", "12", "c", "3"});
  CHECK(split({{"type", "Digits"}, {"individual_digits", true}}, "a12") == Words{"a", "1", "2"});
}

TEST_CASE("ByteLevel spells bytes as visible characters and may add a space in front") {
  CHECK(split({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "a b\n") == Words{"Ġa", "Ġb", "Ċ"});
  CHECK(split({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "").empty());
  CHECK(split({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}, "é b") ==
        Words{"Ã©Ġb"});
}

TEST_CASE("a construct that PCRE2 reads differently from Oniguruma is refused") {
  for (const char* pattern :
       {R"(\h)", R"(\b)", R"([a[b]])", R"([a&&b])", R"((?m:a))", R"((?i)a)", R"(a{1,2}+)", R"(a{,2})",
        R"([\W])", R"([\P{L}])", R"(\p{Greek})", R"(\p{L)", R"((*UTF)a)", R"([]a])", "a\\"}) {
    CAPTURE(pattern);
    CHECK_THROWS_AS(split(split_json({{"Regex", pattern}}, "Isolated"), "a"), Error);
  }
}

TEST_CASE("long runs of one kind are cut without trouble") {
  const std::string pattern = R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const auto json = split_json({{"Regex", pattern}}, "Isolated");
  CHECK(split(json, std::string(200000, ' ') + "x").size() == 2);
  CHECK(split(json, std::string(200000, 'x')).size() == 1);
  CHECK(split(json, std::string(3000, '7')).size() == 1000);
}
