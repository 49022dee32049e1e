#include "playground/judging.h"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include "base/files.h"
#include "base/regex.h"
#include "base/text_util.h"
#include "playground/answers.h"

using namespace selfreward;
using namespace selfreward::playground;

namespace {
struct Golden {
  std::string prompt, answer, judgement;
};

// From the prototype of this world in Python 3.11: random.Random(2), then 14 times new_reqs, noisy(0.6),
// gold, judge_text; '#x' written as 'x' and 'score :' as 'Score:'.
const std::vector<Golden> kGolden = {
    {"please write a word : 6 letters , starts e , no i , second is h , 1 vowels", "e h d k g j",
     "6 letters found 6 yes ; starts e found e yes ; no i found none yes ; second is h found h yes ; 1 "
     "vowels found 1 yes ; Score: 5"},
    {"make a word : 5 letters , has k , no repeats , starts k , second is g", "k g b h f",
     "5 letters found 5 yes ; has k found k yes ; no repeats found none yes ; starts k found k yes ; second "
     "is g found g yes ; Score: 5"},
    {"make a word : 2 vowels , 4 letters , no e , has f , ends c", "a f e c",
     "2 vowels found 2 yes ; 4 letters found 4 yes ; no e found e no ; has f found f yes ; ends c found c "
     "yes ; Score: 4"},
    {"please write a word : 2 vowels , 5 letters , starts k , ends j , has a", "k a g h e j",
     "2 vowels found 2 yes ; 5 letters found 6 no ; starts k found k yes ; ends j found j yes ; has a found "
     "a yes ; Score: 4"},
    {"write a word : no b , no repeats , ends k , second is i , 4 letters", "f i k",
     "no b found none yes ; no repeats found none yes ; ends k found k yes ; second is i found i yes ; 4 "
     "letters found 3 no ; Score: 4"},
    {"give me a word : starts c , 3 letters , no a , 1 vowels , ends i", "b h i",
     "starts c found b no ; 3 letters found 3 yes ; no a found none yes ; 1 vowels found 1 yes ; ends i "
     "found i yes ; Score: 4"},
    {"give me a word : has f , no e , 3 letters , no repeats , ends i", "f k i",
     "has f found f yes ; no e found none yes ; 3 letters found 3 yes ; no repeats found none yes ; ends i "
     "found i yes ; Score: 5"},
    {"please write a word : no repeats , ends k , has l , 1 vowels , 3 letters", "b g k",
     "no repeats found none yes ; ends k found k yes ; has l found none no ; 1 vowels found 0 no ; 3 letters "
     "found 3 yes ; Score: 3"},
    {"please write a word : 2 vowels , no repeats , starts i , has l , 6 letters", "k l c f g d i e",
     "2 vowels found 2 yes ; no repeats found none yes ; starts i found k no ; has l found l yes ; 6 letters "
     "found 8 no ; Score: 3"},
    {"make a word : no repeats , 1 vowels , 6 letters , starts l , no b", "f j j l g i",
     "no repeats found j no ; 1 vowels found 1 yes ; 6 letters found 6 yes ; starts l found f no ; no b "
     "found none yes ; Score: 3"},
    {"give me a word : no g , ends h , no repeats , 6 letters , 2 vowels", "a j b l k h",
     "no g found none yes ; ends h found h yes ; no repeats found none yes ; 6 letters found 6 yes ; 2 "
     "vowels found 1 no ; Score: 4"},
    {"make a word : no a , 5 letters , second is b , ends e , no repeats", "e c e",
     "no a found none yes ; 5 letters found 3 no ; second is b found c no ; ends e found e yes ; no repeats "
     "found e no ; Score: 2"},
    {"give me a word : 6 letters , no repeats , 2 vowels , has g , ends e", "i g h i k e",
     "6 letters found 6 yes ; no repeats found i no ; 2 vowels found 3 no ; has g found g yes ; ends e found "
     "e yes ; Score: 3"},
    {"give me a word : ends e , no h , 4 letters , 1 vowels , second is l", "c l g e",
     "ends e found e yes ; no h found none yes ; 4 letters found 4 yes ; 1 vowels found 1 yes ; second is l "
     "found l yes ; Score: 5"},
};
}  // namespace

TEST_CASE("right judgements equal those of the prototype") {
  for (const Golden& golden : kGolden) {
    const auto request = parse_request(golden.prompt);
    REQUIRE(request.has_value());
    const std::string word = parse_word(golden.answer);
    CHECK(judgement_text(request->requirements, word, right_verdicts(request->requirements, word)) ==
          golden.judgement);
  }
}

TEST_CASE("evidence on words at the edges is a letter, a capped count or none") {
  CHECK(evidence({Kind::second, 'a', 0}, "b") == "none");
  CHECK(evidence({Kind::starts, 'a', 0}, "") == "none");
  CHECK(evidence({Kind::ends, 'a', 0}, "") == "none");
  CHECK(evidence({Kind::length, 'a', 3}, "abcdefghij") == "8");
  CHECK(evidence({Kind::vowels, 'a', 3}, "aeiaeiaeia") == "8");
  CHECK(evidence({Kind::no_repeats, 'a', 0}, "abcba") == "b");
}

TEST_CASE("a noisy judgement keeps the evidence and scores its own verdicts") {
  const Requirements requirements = {{Kind::starts, 'c', 0}, {Kind::vowels, 'a', 2}};
  const auto wrong = noisy_verdicts(right_verdicts(requirements, "cag"), /*noise=*/1, Seed(1));
  CHECK(judgement_text(requirements, "cag", wrong) ==
        "starts c found c no ; 2 vowels found 1 yes ; Score: 1");
}

TEST_CASE("verdicts are wrong as often as asked") {
  int wrong = 0;
  for (int i = 0; i < 2000; ++i)
    for (const bool verdict : noisy_verdicts(std::vector<bool>(5, true), 0.25, Seed(9).child(i)))
      wrong += !verdict;
  CHECK(wrong / 10000.0 == doctest::Approx(0.25).epsilon(0.06));
}

TEST_CASE("the rubric file asks as M0 was asked in pretraining, and finds the score of a judgement") {
  const YAML::Node rubric = YAML::LoadFile(SELFREWARD_SOURCE_DIR "/playground/rubric.yaml");
  std::string asked =
      replace_all(rubric["template"].as<std::string>(), "{instruction}", "write a word : starts c");
  CHECK(replace_all(asked, "{response}", "c i d") == judge_prompt("write a word : starts c", "c i d"));
  const auto match = Regex(rubric["score_pattern"].as<std::string>()).find_all(kGolden[3].judgement);
  REQUIRE(match.size() == 1);
  CHECK(match[0][1].in(kGolden[3].judgement) == "4");
  CHECK(rubric["max_score"].as<size_t>() == kNumRequirements);
}
