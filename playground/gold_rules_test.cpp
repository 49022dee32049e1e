// playground/gold.yaml against the gold score of the world in C++.
#include <doctest/doctest.h>

#include "base/text_util.h"
#include "gold/scorer.h"
#include "playground/answers.h"

using namespace selfreward;
using namespace selfreward::playground;

namespace {
GoldScorer rules() {
  return GoldScorer::load(SELFREWARD_SOURCE_DIR "/playground/gold.yaml");
}

/// The score that the world itself gives, on the terms of the scorer.
std::optional<double> gold_of_world(const std::string& prompt, const std::string& answer) {
  const auto request = parse_request(prompt);
  if (!request) return std::nullopt;
  return gold_score(request->requirements, parse_word(answer));
}

/// `text` with one word dropped, doubled or replaced by another word of the world.
std::string damaged(const std::string& text, const Seed& seed) {
  static const std::vector<std::string> kWords = {"no", "c",  "2",      ",",      ":",  "has", "repeats",
                                                  "m",  "is", "vowels", "starts", "12", "."};
  std::vector<std::string> words = split_words(text);
  if (words.empty()) return "x";
  const size_t at = seed.child("at").below(0, words.size());
  const auto place = words.begin() + static_cast<std::ptrdiff_t>(at);
  const std::string word = kWords[seed.child("word").below(0, kWords.size())];
  switch (seed.child("how").below(0, 3)) {
    case 0:
      words.erase(place);
      break;
    case 1:
      words.insert(place, word);
      break;
    default:
      *place = word;
  }
  std::string joined;
  for (const std::string& piece : words) joined += (joined.empty() ? "" : " ") + piece;
  return joined;
}

/// Five random requirements, as a careless writer of prompts may put them: kinds may repeat, values may be
/// odd.
std::string wild_prompt(const Seed& seed) {
  Request request{seed.child("opening").below(0, 4), {}};
  for (size_t i = 0; i < kNumRequirements; ++i)
    request.requirements.push_back({static_cast<Kind>(seed.child("kind").below(i, kNumKinds)),
                                    kLetters[seed.child("letter").below(i, kLetters.size())],
                                    static_cast<int>(seed.child("number").below(i, 10))});
  return render(request);
}
}  // namespace

TEST_CASE("the rules agree with the world on 20,000 careless answers") {
  const GoldScorer scorer = rules();
  int different = 0;
  for (int i = 0; i < 20000; ++i) {
    const Request request = make_request(Seed(1).child("request", i));
    const std::string answer = render_word(noisy_word(request.requirements, 0.5, Seed(1).child("answer", i)));
    different +=
        scorer.score(render(request), answer) != gold_score(request.requirements, parse_word(answer));
  }
  CHECK(different == 0);
}

TEST_CASE("the rules agree with the world on damaged prompts and answers") {
  const GoldScorer scorer = rules();
  int without_score = 0;
  for (int i = 0; i < 5000; ++i) {
    const Seed here = Seed(2).child(i);
    const Request request = make_request(here.child("request"));
    const std::string answer = render_word(noisy_word(request.requirements, 0.5, here.child("answer")));
    const std::string bad_prompt = damaged(render(request), here.child("prompt")),
                      bad_answer = damaged(answer, here);
    CHECK_MESSAGE(scorer.score(bad_prompt, answer) == gold_of_world(bad_prompt, answer), bad_prompt);
    CHECK_MESSAGE(scorer.score(render(request), bad_answer) == gold_of_world(render(request), bad_answer),
                  bad_answer);
    without_score += !scorer.score(bad_prompt, answer);
  }
  CHECK(without_score > 4000);
  CHECK(without_score < 5000);
}

TEST_CASE("the rules agree with the world on prompts of repeated kinds and odd numbers") {
  const GoldScorer scorer = rules();
  int without_score = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string prompt = wild_prompt(Seed(3).child(i));
    const std::string answer = render_word(draft_word({}, Seed(4).child(i)));
    CHECK_MESSAGE(scorer.score(prompt, answer) == gold_of_world(prompt, answer), prompt, " | ", answer);
    without_score += !scorer.score(prompt, answer);
  }
  CHECK(without_score ==
        doctest::Approx(5000 * (1 - 6720.0 / 32768)).epsilon(0.03));  // 8!/3! of 8^5 have no repeat
}

TEST_CASE("a prompt of four or six requirements of different kinds has no gold score") {
  const GoldScorer scorer = rules();
  const playground::Requirements six = {{Kind::length, 'a', 3},     {Kind::starts, 'b', 0},
                                        {Kind::ends, 'c', 0},       {Kind::has, 'd', 0},
                                        {Kind::no_repeats, 'a', 0}, {Kind::vowels, 'a', 1}};
  for (const std::ptrdiff_t size : {4, 5, 6}) {
    const std::string prompt = render(Request{0, playground::Requirements(six.begin(), six.begin() + size)});
    CHECK_MESSAGE(scorer.score(prompt, "b d c").has_value() == (size == 5), prompt);
  }
}

TEST_CASE("answers that are not single letters score 0 and the best score is 5") {
  const GoldScorer scorer = rules();
  const std::string prompt = "write a word : no b , 2 letters , no repeats , starts a , 1 vowels";
  CHECK(scorer.max_score() == 5);
  CHECK(scorer.score(prompt, " a c\n") == 5);
  for (const char* answer : {"", "ac", "a  c", "a m", "A c", "a c .", "a\nc", "a c\nd"})
    CHECK_MESSAGE(scorer.score(prompt, answer) == 0, answer);
  CHECK(!scorer.score(prompt + "\n" + prompt, "a c"));
}
