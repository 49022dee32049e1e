#include "text/pre_tokenizer.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

PreTokenizer::Pieces split(const LookupJson& json, const std::string& text) {
  return PreTokenizer(JsonPart(json, "pre_tokenizer")).split(text);
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
          row["pieces"].get<PreTokenizer::Pieces>());
  }
}

TEST_CASE("Digits cuts numbers out, whole or digit by digit") {
  CHECK(split({{"type", "Digits"}, {"individual_digits", false}}, "ab12c3") ==
        PreTokenizer::Pieces{"ab", "12", "c", "3"});
  CHECK(split({{"type", "Digits"}, {"individual_digits", true}}, "a12") ==
        PreTokenizer::Pieces{"a", "1", "2"});
}

TEST_CASE("ByteLevel spells bytes as visible characters and may add a space in front") {
  CHECK(split({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "a b\n") ==
        PreTokenizer::Pieces{"Ġa", "Ġb", "Ċ"});
  CHECK(split({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "").empty());
  CHECK(split({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}, "é b") ==
        PreTokenizer::Pieces{"Ã©Ġb"});
}

TEST_CASE("a construct that PCRE2 reads differently from Oniguruma is refused") {
  for (const char* pattern : {R"(\h)", R"(\b)", R"([a[b]])", R"([a&&b])", R"((?m:a))", R"((?i)a)",
                              R"(a{1,2}+)", R"(a{,2})", R"([\W])", R"((*UTF)a)", R"([]a])", "a\\"}) {
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
