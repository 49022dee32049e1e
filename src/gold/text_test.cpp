#include "gold/text.h"

#include <doctest/doctest.h>

#include "gold/language.h"

using namespace selfreward;

namespace {
size_t sentences(const std::string& answer) {
  return sentences_of(plain_text(answer)).size();
}
size_t words(const std::string& answer) {
  return words_of(plain_text(answer)).size();
}
size_t paragraphs(const std::string& answer) {
  return paragraphs_of(plain_text(answer)).size();
}
}  // namespace

TEST_CASE("sentences end where a reader sees their end") {
  const std::vector<std::pair<std::string, size_t>> cases = {
      {"", 0},
      {"...", 0},
      {"One", 1},
      {"One. Two! Three?", 3},
      {"Really?! Yes...", 2},
      {"Wait... and see.", 1},
      {"Wait... Then go.", 2},
      {"Wait\u2026 and see.", 1},
      {"It costs 3.50 euros. Cheap.", 2},
      {"Fruit, e.g. pears, is sweet. Eat it.", 2},
      {"Fruit (e.g. pears, etc.) is sweet.", 1},
      {"Bring bread, milk, etc. Then come home.", 2},
      {"Bring bread, etc. and come home.", 1},
      {"Dr. Smith and Mrs. Jones met Prof. Lee.", 1},
      {"J. K. Rowling wrote it. I read it.", 2},
      {"So do I. You too.", 2},
      {"I take vitamin C. It helps.", 2},
      {"The bus left at 5 p.m. We walked.", 2},
      {"The bus at 5 p.m. was late.", 1},
      {"See No. 5 and fig. 2. No. I will not.", 3},
      {"\"Is it late?\" she asked. \"Yes.\"", 2},
      {"\u201CIt is late.\u201D He left.", 2},
      {"it is late. we go home.", 2},
      {"**Bold.** Next.", 2},
      {"Look at www.example.com now.", 1},
      {"- one\n- two\n- three", 3},
      {"1. One thing.\n2. Another thing. And more.", 3},
      {"A line that\nis broken. The next.", 2},
      {"A line that\r\nis broken. The next.", 2},
      {"No end\n\nBut a new paragraph", 2},
      {"[[A Title]]\nText here.", 1},
      {"# Heading. With a dot.\nText here.", 1},
      {"What a day :) \u2014 .", 1},
  };
  for (const auto& [text, count] : cases) CHECK_MESSAGE(sentences(text) == count, text);
}

TEST_CASE("words are what holds a letter or a digit") {
  CHECK(words("") == 0);
  CHECK(words("well-known facts \u2014 don't count - dashes") == 5);
  CHECK(words("- one\n- two words\n* three") == 4);
  CHECK(words("1. one\n2) two\n10. ten 3.") == 4);
  CHECK(words("caf\u00E9\u00A0noir \u00FCber alles") == 4);
  CHECK(words("broken \xff byte") == 2);
}

TEST_CASE("paragraphs stand between blank lines, titles aside") {
  CHECK(paragraphs("one") == 1);
  CHECK(paragraphs("one\ntwo") == 1);
  CHECK(paragraphs("one\n\ntwo") == 2);
  CHECK(paragraphs("one\r\n \r\n\r\ntwo\r\n") == 2);
  CHECK(paragraphs("[[Title]]\n\none\n\ntwo\n\n---") == 2);
  CHECK(paragraphs("# Title\n\none") == 1);
  CHECK(paragraphs("# Title\none") == 1);
}

TEST_CASE("list lines are told from dashes, bold text and decimals") {
  CHECK(bullets_of("- one\n  * two\n\u2022 three\n-four\n---\n- \n**bold** text") ==
        std::vector<std::string>{"one", "two", "three"});
  CHECK(numbered_of("1. one\n2) two\n**3.** three\n4.5 kg\nsee 5. here\n6.") ==
        std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("placeholders are single brackets with a name in them") {
  CHECK(placeholders_of("Dear [name], come on [date] to [your place].") ==
        std::vector<std::string>{"[name]", "[date]", "[your place]"});
  CHECK(placeholders_of("[[title]] and [link](http://a.b) and [1] and []").empty());
}

TEST_CASE("repetition is found in sentences and in groups of words") {
  CHECK(repeated_sentence("I like tea. You do not. I LIKE TEA!") == "I LIKE TEA!");
  CHECK(repeated_sentence("I like tea. I like tea too.").empty());
  CHECK(repeated_share("one two three one two three") == 0);  // too short to say
  CHECK(repeated_share("a b c d e f g h i j k l m n") == 0);
  CHECK(repeated_share("a b c a b c a b c a b c a b c") > 0.7);
}

TEST_CASE("degenerate answers are seen") {
  CHECK(degenerate_reason("") == "fewer than 3 words");
  CHECK(degenerate_reason("!!! ???") == "fewer than 3 words");
  CHECK(degenerate_reason("yes it") == "fewer than 3 words");
  CHECK(degenerate_reason("tea tea tea tea") == "the same words over and over");
  CHECK(degenerate_reason("I like it. I like it. I like it. I like it. I like it. I like it.") ==
        "the same words over and over");
  CHECK(degenerate_reason("{\"name\":\"tea\",\"kind\":\"drink\"}").empty());
  CHECK(degenerate_reason("I like tea, and I like coffee, and I like milk in the morning.").empty());
}

TEST_CASE("languages are told apart in a sentence or two") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"The weather is fine and we go for a walk in the park.", "en"},
      {"Le temps est beau et nous allons au parc avec les enfants.", "fr"},
      {"C'est une boisson que l'on aime dans le monde entier.", "fr"},
      {"El tiempo es bueno y vamos al parque con los niños.", "es"},
      {"Es una bebida muy popular en todo el mundo.", "es"},
      {"Das Wetter ist schön und wir gehen mit den Kindern in den Park.", "de"},
      {"DAS WETTER IST GUT UND WIR GEHEN IN DEN PARK.", "de"},
      {"Il tempo è bello e andiamo al parco con i bambini.", "it"},
      {"È una bevanda molto amata in tutto il mondo, ma non per me.", "it"},
      {"Tea", ""},
      {"", ""},
      {"blue green yellow purple orange", ""},
      {"Погода хорошая и мы идём в парк.", ""},
  };
  for (const auto& [text, code] : cases) CHECK_MESSAGE(language_of(text) == code, text);
}
