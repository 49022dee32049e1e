#include "feedback/prompt_filters.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace selfreward;

namespace {

using Texts = std::vector<std::string>;

std::string words(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += str("word", i, " ");
  return text;
}

std::string reason(const PromptFilter& filter, const std::string& text) {
  return filter.reject_reason(text).value_or("kept");
}

}  // namespace

TEST_CASE("the few-shot text is a numbered list that ends with the next number") {
  CHECK(few_shot_text("Come up with tasks:", {"Name a\n  river.", "Translate this:", " Say hi :: "}) ==
        "Come up with tasks:\n1. Name a river.\n2. Translate this\n3. Say hi\n4.");
  CHECK(few_shot_text("Tasks:\n", {}) == "Tasks:\n1.");
}

TEST_CASE("a completion is cut at newline, number and point") {
  const auto parse = [](const std::string& text) { return parse_new_prompts(text, FinishReason::stop); };
  CHECK(parse(" Name a river.\n10. Name a lake.\n11 . Name\n  a sea.") ==
        Texts{"Name a river.", "Name a lake.", "Name a sea."});
  CHECK(parse(" Add 1. and 2. please\n") == Texts{"Add 1. and 2. please"});
  CHECK(parse(" Round pi to\n3.14 digits") == Texts{"Round pi to 3.14 digits"});
  CHECK(parse(" Name a river.\n\n  10.\n11.\n12. Name a lake.\n13.") ==
        Texts{"Name a river.", "Name a lake."});
  CHECK(parse("").empty());
  CHECK(parse("\n10. Name a lake.") == Texts{"Name a lake."});
  CHECK(parse(" caf\xc3\n10. Name a lake.") == Texts{"caf\xef\xbf\xbd", "Name a lake."});
}

TEST_CASE("the last task is dropped where the length limit cut it, the others stay") {
  CHECK(parse_new_prompts(" Name a river.\n10. Name a la", FinishReason::length) == Texts{"Name a river."});
  CHECK(parse_new_prompts(" Name a river", FinishReason::length).empty());
}

TEST_CASE("each rule has its reason") {
  PromptFilter filter;
  filter.add("Explain how a bill becomes a law in Canada.");
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "too_short"},
      {"Name a river", "too_short"},
      {"Name a long river", "kept"},
      {words(150), "kept"},
      {words(151), "too_long"},
      {"Describe the IMAGE you see here", "keyword"},
      {"Please go to the shop for me", "keyword"},
      {"Describe the imagery of this poem", "kept"},
      {"Explain what a roadmap is for", "kept"},
      {"Plot: describe that of Hamlet", "keyword"},
      {"Write a program that adds numbers", "starts_with_write_a_program"},
      {"write a programme for the evening", "starts_with_write_a_program"},
      {"Please write a program that adds", "kept"},
      {"- name a river in France", "starts_with_punctuation"},
      {"\"Quote\" something by a poet", "starts_with_punctuation"},
      {"Économie de la France en bref", "starts_with_non_ascii"},
      {"Explain how a bill  becomes a law in Canada.\n", "duplicate"},
      {"Explain how a bill becomes law in France.", "similar"},
      {"explain how a BILL becomes a law in Canada!", "similar"},
      {"What do bees make in winter?", "kept"},
  };
  for (const auto& [text, wanted] : table) {
    CAPTURE(text);
    CHECK(reason(filter, text) == wanted);
  }
}

TEST_CASE("asking for a reason does not add to the pool; adding does") {
  PromptFilter filter;
  CHECK(reason(filter, "What do bees make in winter?") == "kept");
  CHECK(reason(filter, "What do bees make in winter?") == "kept");
  filter.add("What do bees make in winter?");
  CHECK(reason(filter, "What do bees make in winter?") == "duplicate");
  CHECK(reason(filter, "What do bees make in summer?") == "similar");
}

// 7 of 10 words in common: F is 0.7, which Self-Instruct keeps (it drops what is above).
TEST_CASE("a prompt at the threshold is kept") {
  PromptFilter filter;
  filter.add("a b c d e f g h i j");
  CHECK(reason(filter, "a b c d e f g k l m") == "kept");
  CHECK(reason(filter, "a b c d e f g h l m") == "similar");
}

TEST_CASE("limits can be changed: no keywords, one word, similar prompts") {
  PromptLimits limits;
  limits.min_words = 1;
  limits.keywords = {};
  limits.rouge_threshold = 1;
  PromptFilter filter(limits);
  filter.add("write a word : starts c , 2 vowels , 5 letters");
  CHECK(reason(filter, "write a word : starts c , 3 vowels , 5 letters") == "kept");
  CHECK(reason(filter, "Write a word : starts c , 2 vowels , 5 letters") == "kept");
  CHECK(reason(filter, "write a word : starts c , 2 vowels , 5 letters") == "duplicate");
  CHECK(reason(filter, "draw") == "kept");
  CHECK(reason(filter, "") == "too_short");
  limits.keywords = {"c++", "a.b"};
  CHECK(reason(PromptFilter(limits), "what is aab here") == "kept");
  CHECK(reason(PromptFilter(limits), "what is A.B here") == "keyword");
}

TEST_CASE("limits that contradict themselves are an error") {
  PromptLimits limits;
  limits.min_words = 151;
  CHECK_THROWS_AS(PromptFilter{limits}, Error);
  limits.min_words = 4;
  limits.rouge_threshold = 70;
  CHECK_THROWS_WITH_AS(PromptFilter{limits}, doctest::Contains("rouge_threshold is 70"), Error);
  limits.rouge_threshold = 0.7;
  limits.keywords = {" "};
  CHECK_THROWS_AS(PromptFilter{limits}, Error);
}
