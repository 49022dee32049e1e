#include "serve/text_stream.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"

using namespace selfreward;

namespace {

const char* const kText = "The dog, the café and a 🐕‍🦺: größer\n\n  two  spaces 日本語!";

std::vector<std::string> pieces_of(Detokenizer detokenizer, const TokenIds& ids) {
  std::vector<std::string> pieces;
  for (const int64_t id : ids) pieces.push_back(detokenizer.add(id));
  pieces.push_back(detokenizer.finish());
  return pieces;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

std::string fed(StopFinder& finder, const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += finder.add(text);
  return out + finder.finish();
}

}  // namespace

TEST_CASE("pieces of every kind of tokenizer are whole characters and join to the text") {
  for (const char* name : {"tokenizer/llama2_style", "tokenizer/llama3_style", "tokenizer/smollm_style",
                           "tokenizer_styles/gemma_style", "tokenizer_styles/mistral_style", "tiny_llama"}) {
    INFO(name);
    const Tokenizer tokenizer = Tokenizer::load(kFixtures / name);
    const TokenIds ids = tokenizer.encode(kText);
    const auto pieces = pieces_of(Detokenizer(tokenizer), ids);
    CHECK(joined(pieces) == tokenizer.decode(ids));
    for (const std::string& piece : pieces) CHECK(piece.find("\xEF\xBF\xBD") == std::string::npos);
  }
}

TEST_CASE("text behind a prompt keeps the space that it begins with") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tokenizer/llama2_style");
  const TokenIds ids = tokenizer.encode("one two three");
  for (size_t cut = 1; cut < ids.size(); ++cut) {
    const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(cut);
    const TokenIds before(ids.begin(), middle), after(middle, ids.end());
    CHECK(tokenizer.decode(before) + joined(pieces_of(Detokenizer(tokenizer, before), after)) ==
          "one two three");
  }
  CHECK(joined(pieces_of(Detokenizer(tokenizer), tokenizer.encode("two"))) == "two");
}

TEST_CASE("bytes that never become a character are told in the end, and special tokens have no text") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tiny_llama");
  const TokenIds dog = tokenizer.encode("🐕");
  REQUIRE(dog.size() > 1);
  CHECK(joined(pieces_of(Detokenizer(tokenizer), {dog[0]})) == "\xEF\xBF\xBD");
  CHECK(joined(pieces_of(Detokenizer(tokenizer), TokenIds(100, dog[0]))).size() == 300);
  TokenIds ids = tokenizer.encode("ab");
  ids.insert(ids.begin() + 1, *tokenizer.token_to_id("<|im_start|>"));
  CHECK(joined(pieces_of(Detokenizer(tokenizer), ids)) == "ab");
}

TEST_CASE("a stop string ends the text wherever its pieces are cut, and the earliest counts") {
  const std::string text = "one. Two###three";
  for (size_t a = 0; a <= text.size(); ++a)
    for (size_t b = a; b <= text.size(); ++b) {
      StopFinder finder({"###", "##th", "never"});
      CHECK(fed(finder, {text.substr(0, a), text.substr(a, b - a), text.substr(b)}) == "one. Two");
      CHECK(finder.found());
    }
  StopFinder finder({"###"});
  CHECK(fed(finder, {"one #", "# two ##"}) == "one ## two ##");
  CHECK(!finder.found());
}

TEST_CASE("text that cannot begin a stop string is told at once, the rest is held back") {
  StopFinder finder({"abc"});
  CHECK(finder.add("xxa") == "xx");
  CHECK(finder.add("b") == "");
  CHECK(finder.add("ab") == "ab");
  CHECK(finder.add("c") == "");
  CHECK(finder.found());
  CHECK(finder.add("more") == "");
}

TEST_CASE("a text stream counts characters, and a special token can be a stop string") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tiny_llama");
  TextStream stream(tokenizer, {}, {"<|im_start|>"}, /*offset=*/5);
  for (const int64_t id : tokenizer.encode("é日")) stream.add(id);
  CHECK(stream.offset() == 7);
  CHECK(!stream.stopped());
  stream.add(*tokenizer.token_to_id("<|im_start|>"));
  CHECK(stream.stopped());
}
