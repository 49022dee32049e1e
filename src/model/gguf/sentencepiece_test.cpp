#include "model/gguf/sentencepiece.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace selfreward;

namespace {

using Type = GgufTokenType;

const std::vector<std::string> kTokens = {"<unk>", "a", "b", "é", "ab", "aé", "aba", "<tool>"};
const std::vector<Type> kTypes = {Type::unknown, Type::normal, Type::normal, Type::normal,
                                  Type::normal,  Type::normal, Type::normal, Type::user_defined};

std::string error_of(const TokenMerges& merges) {
  try {
    scores_of_merges(kTokens, kTypes, merges, "t.json");
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("merges stand in the order of the scores, the longer left part first") {
  const std::vector<std::string> tokens = {"a", "b", "ab", "ba", "aba", "é", "éa"};
  const std::vector<Type> types(tokens.size(), Type::normal);
  const TokenMerges merges = merges_of_scores(tokens, types, {-9, -9, -3, -1, -2, -9, -1});
  CHECK(merges == TokenMerges{{"b", "a"}, {"é", "a"}, {"ab", "a"}, {"a", "ba"}, {"a", "b"}});
}

TEST_CASE("scores made of merges give the same merges") {
  const TokenMerges merges = {{"a", "é"}, {"a", "b"}, {"ab", "a"}};
  const std::vector<float> scores = scores_of_merges(kTokens, kTypes, merges, "t.json");
  CHECK(scores == std::vector<float>{0, -4, -4, -4, -1, 0, -2, 0});
  CHECK(merges_of_scores(kTokens, kTypes, scores) == merges);
}

TEST_CASE("merges that no scores can say are an error") {
  CHECK(error_of({{"a", "é"}, {"ab", "a"}}).find("token \"ab\" can be made of 1 pairs of tokens, but 0") !=
        std::string::npos);
  CHECK(error_of({{"a", "b"}, {"a", "é"}, {"a", "b"}, {"ab", "a"}}).find("\"ab\" do not stand together") !=
        std::string::npos);
  const std::vector<std::string> tokens = {"a", "ax"};
  const std::vector<Type> types(2, Type::normal);
  CHECK_THROWS_WITH_AS(scores_of_merges(tokens, types, {}, "t.json"),
                       doctest::Contains("\"ax\" has a character that is no token"), Error);
}

TEST_CASE("characters begin where UTF-8 begins them") {
  CHECK(inner_characters("aé▁b") == std::vector<size_t>{1, 3, 6});
  CHECK(inner_characters("").empty());
}
