#include "playground/words.h"

#include <doctest/doctest.h>

#include "playground/answers.h"

using namespace selfreward;
using namespace selfreward::playground;

TEST_CASE("a request is rendered as its prompt and parsed back from it") {
  const Request request{0,
                        {{Kind::starts, 'c', 0},
                         {Kind::vowels, 'a', 2},
                         {Kind::no_repeats, 'a', 0},
                         {Kind::length, 'a', 5},
                         {Kind::ends, 'g', 0}}};
  CHECK(render(request) == "write a word : starts c , 2 vowels , no repeats , 5 letters , ends g");
  CHECK(parse_request(render(request)) == request);
  CHECK(parse_request(" " + render(request) + "\n") == request);
}

TEST_CASE("every random request comes back from its prompt") {
  for (int i = 0; i < 500; ++i) {
    const std::string prompt = render(make_request(Seed(3).child(i)));
    const auto parsed = parse_request(prompt);
    REQUIRE(parsed.has_value());
    CHECK(render(*parsed) == prompt);
  }
}

TEST_CASE("a prompt of any other form is not a request") {
  const std::vector<std::string> prompts = {
      "",
      "write a word",
      "write a word : starts c , 2 vowels , no repeats , 5 letters",                   // four
      "write a word : starts c , 2 vowels , no repeats , 5 letters , ends g , has d",  // six
      "write a word : starts c , 2 vowels , no repeats , 5 letters , starts g",        // a kind twice
      "write a word : starts c , 2 vowels , no repeats , 5 letters , ends m",          // no such letter
      "write a word : starts c , 12 vowels , no repeats , 5 letters , ends g",         // two digits
      "write a word: starts c , 2 vowels , no repeats , 5 letters , ends g",           // a space is missing
      "write a word : starts c, 2 vowels , no repeats , 5 letters , ends g",
      "write a word : starts c ,  2 vowels , no repeats , 5 letters , ends g",
      "write the word : starts c , 2 vowels , no repeats , 5 letters , ends g",
      "write a word : starts c , 2 vowels , no repeats , 5 letters , ends g ,",
  };
  for (const std::string& prompt : prompts) CHECK_MESSAGE(!parse_request(prompt), prompt);
}

TEST_CASE("an answer is single letters of the world with one space between them") {
  CHECK(parse_word("c i d a g") == "cidag");
  CHECK(parse_word(" a\n") == "a");
  CHECK(render_word("cidag") == "c i d a g");
  for (const char* answer : {"", "cidag", "c i d o g", "c  i d", "c i d .", "C i d", "c i d\ng", "\xc3\xa9"})
    CHECK_MESSAGE(parse_word(answer).empty(), answer);
}

TEST_CASE("the empty word meets nothing, not even 'no a' or 'no repeats'") {
  CHECK(gold_score({{Kind::avoids, 'a', 0}, {Kind::no_repeats, 'a', 0}, {Kind::vowels, 'a', 0}}, "") == 0);
  CHECK(gold_score({{Kind::avoids, 'a', 0}, {Kind::no_repeats, 'a', 0}, {Kind::vowels, 'a', 0}}, "b") == 3);
}
