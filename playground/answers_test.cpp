#include "playground/answers.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <set>

using namespace selfreward;
using namespace selfreward::playground;

namespace {
constexpr int kSamples = 4000;

double mean_gold(double aim) {
  double sum = 0;
  for (int i = 0; i < kSamples; ++i) {
    const Requirements requirements = make_request(Seed(5).child("request", i)).requirements;
    sum += gold_score(requirements, noisy_word(requirements, aim, Seed(6).child(i)));
  }
  return sum / kSamples;
}
}  // namespace

TEST_CASE("a request has a length of 3 to 6 and four other kinds, and can be met") {
  for (int i = 0; i < 500; ++i) {
    const Requirements requirements = make_request(Seed(1).child(i)).requirements;
    std::set<Kind> kinds;
    for (const Requirement& requirement : requirements) {
      kinds.insert(requirement.kind);
      if (requirement.kind == Kind::length) CHECK((requirement.number >= 3 && requirement.number <= 6));
      if (requirement.kind == Kind::vowels) CHECK((requirement.number >= 1 && requirement.number <= 2));
    }
    CHECK(kinds.size() == kNumRequirements);
    CHECK(kinds.contains(Kind::length));
    CHECK(gold_score(requirements, clean_word(requirements, Seed(2).child(i))) == 5);
  }
}

TEST_CASE("kinds occur as often as in the prototype") {
  // Prototype (Python 3.11, random.Random(1), 20,000 requests): shares of requests with the kind.
  const std::map<Kind, double> expected = {
      {Kind::length, 1.0},   {Kind::starts, 0.562}, {Kind::ends, 0.565},       {Kind::has, 0.581},
      {Kind::avoids, 0.564}, {Kind::second, 0.563}, {Kind::no_repeats, 0.594}, {Kind::vowels, 0.571}};
  std::map<Kind, double> counts;
  for (int i = 0; i < kSamples; ++i)
    for (const Requirement& requirement : make_request(Seed(4).child(i)).requirements)
      ++counts[requirement.kind];
  for (const auto& [kind, share] : expected)  // four standard errors are 0.031
    CHECK(counts[kind] / kSamples == doctest::Approx(share).epsilon(0.035 / share));
}

TEST_CASE("careless answers are as good as in the prototype") {
  // Prototype (as above, one noisy answer per request): mean gold scores.
  for (const auto& [aim, mean] : {std::pair{0.95, 4.720}, {0.7, 3.870}, {0.5, 3.159}})
    CHECK(mean_gold(aim) == doctest::Approx(mean).epsilon(0.02));
}

TEST_CASE("a request and an answer depend on their seed alone") {
  const Seed seed = Seed(7).child("x");
  CHECK(make_request(seed) == make_request(seed));
  const Requirements requirements = make_request(seed).requirements;
  CHECK(noisy_word(requirements, 0.5, seed) == noisy_word(requirements, 0.5, seed));
  std::set<std::string> words;
  for (int i = 0; i < 50; ++i) words.insert(noisy_word(requirements, 0.5, seed.child(i)));
  CHECK(words.size() > 30);
}

TEST_CASE("what cannot be met has no word") {
  CHECK(!find_word({{Kind::starts, 'a', 0}, {Kind::avoids, 'a', 0}}, 100, Seed(1)));
  CHECK_THROWS_WITH(clean_word({{Kind::starts, 'a', 0}, {Kind::avoids, 'a', 0}}, Seed(1)),
                    doctest::Contains("no word meets"));
}
