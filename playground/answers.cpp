#include "playground/answers.h"

#include <algorithm>
#include <functional>

#include "base/error.h"

namespace selfreward::playground {
namespace {

constexpr int kSolvableTries = 60;   // a request is kept if one of so many drafts meets it
constexpr int kCleanTries = 100000;  // far more than such a request can need

/// The `index`-th random letter of those that `allowed` accepts; of all letters if there is none.
char pick_letter(const Seed& seed, size_t index, const std::function<bool(char)>& allowed) {
  std::string choices;
  std::copy_if(kLetters.begin(), kLetters.end(), std::back_inserter(choices), allowed);
  if (choices.empty()) choices = kLetters;
  return choices[seed.below(index, choices.size())];
}

char any_letter(const Seed& seed, size_t index) {
  return kLetters[seed.below(index, kLetters.size())];
}
bool is_vowel(char c) {
  return kVowels.find(c) != std::string_view::npos;
}

const Requirement* find(const Requirements& requirements, Kind kind) {
  const auto found =
      std::find_if(requirements.begin(), requirements.end(), [&](const auto& r) { return r.kind == kind; });
  return found == requirements.end() ? nullptr : &*found;
}

/// A word in the making; `free` are the positions that no placed letter holds, in random order.
struct Draft {
  std::string word;
  std::vector<size_t> free;
};

std::string random_letters(const Requirements& aims, const Seed& seed) {
  const Requirement* length = find(aims, Kind::length);
  const size_t size = length ? static_cast<size_t>(length->number) : 3 + seed.child("length").below(0, 6);
  std::string word;
  for (size_t i = 0; i < size; ++i) word += any_letter(seed.child("letters"), i);
  return word;
}

/// Random letters with those of starts, second and ends in their places.
Draft place_letters(const Requirements& aims, const Seed& seed) {
  Draft draft{random_letters(aims, seed), {}};
  const size_t size = draft.word.size();
  std::vector<bool> placed(size, false);
  const auto place = [&](Kind kind, size_t position) {
    const Requirement* requirement = find(aims, kind);
    if (!requirement || position >= size) return;
    draft.word[position] = requirement->letter;
    placed[position] = true;
  };
  place(Kind::starts, 0);
  place(Kind::second, 1);
  place(Kind::ends, size - 1);
  for (const size_t i : seed.child("order").permutation(size))
    if (!placed[i]) draft.free.push_back(i);
  return draft;
}

void insert_letter(Draft& draft, char letter) {
  if (draft.word.find(letter) != std::string::npos || draft.free.empty()) return;
  draft.word[draft.free.back()] = letter;
  draft.free.pop_back();
}

void repair_vowels(Draft& draft, int wanted, const Seed& seed) {
  for (const size_t i : draft.free) {
    const auto count = std::count_if(draft.word.begin(), draft.word.end(), is_vowel);
    char& c = draft.word[i];
    if (count < wanted && !is_vowel(c)) {
      c = pick_letter(seed, i, is_vowel);
    } else if (count > wanted && is_vowel(c)) {
      c = pick_letter(seed, i, std::not_fn(is_vowel));
    }
  }
}

void repair_avoided(Draft& draft, char avoided, const Seed& seed) {
  for (const size_t i : draft.free)
    if (draft.word[i] == avoided) draft.word[i] = pick_letter(seed, i, [&](char c) { return c != avoided; });
}

void repair_repeats(Draft& draft, const Seed& seed) {
  std::string& word = draft.word;
  for (const size_t i : draft.free)
    if (std::count(word.begin(), word.end(), word[i]) > 1)
      word[i] = pick_letter(seed, i, [&](char c) { return word.find(c) == std::string::npos; });
}

/// A length and four other kinds in random order; not yet known to be solvable.
Requirements random_requirements(const Seed& seed) {
  std::vector<Kind> kinds = {Kind::length};
  const auto others = seed.child("kinds").permutation(kNumKinds - 1);
  for (size_t i = 0; i + 1 < kNumRequirements; ++i) kinds.push_back(static_cast<Kind>(others[i] + 1));
  Requirements requirements;
  for (const size_t i : seed.child("order").permutation(kNumRequirements)) {
    Requirement requirement{kinds[i]};
    requirement.letter = any_letter(seed.child("letters"), i);
    if (kinds[i] == Kind::length) requirement.number = 3 + static_cast<int>(seed.child("length").below(0, 4));
    if (kinds[i] == Kind::vowels) requirement.number = 1 + static_cast<int>(seed.child("vowels").below(0, 2));
    requirements.push_back(requirement);
  }
  return requirements;
}

/// Whether the letter to avoid is asked for elsewhere.
bool contradicts_itself(const Requirements& requirements) {
  const Requirement* avoided = find(requirements, Kind::avoids);
  if (!avoided) return false;
  const auto asks = [&](Kind kind) {
    const Requirement* other = find(requirements, kind);
    return other && other->letter == avoided->letter;
  };
  return asks(Kind::starts) || asks(Kind::ends) || asks(Kind::has) || asks(Kind::second);
}

}  // namespace

std::string draft_word(const Requirements& aims, const Seed& seed) {
  Draft draft = place_letters(aims, seed);
  if (const auto* has = find(aims, Kind::has)) insert_letter(draft, has->letter);
  if (const auto* vowels = find(aims, Kind::vowels))
    repair_vowels(draft, vowels->number, seed.child("vowels"));
  if (const auto* avoids = find(aims, Kind::avoids))
    repair_avoided(draft, avoids->letter, seed.child("avoids"));
  if (find(aims, Kind::no_repeats)) repair_repeats(draft, seed.child("repeats"));
  return draft.word;
}

std::string noisy_word(const Requirements& requirements, double aim, const Seed& seed) {
  Requirements aims;
  for (size_t i = 0; i < requirements.size(); ++i)
    if (seed.child("aims").uniform(i) < aim) aims.push_back(requirements[i]);
  return draft_word(aims, seed.child("draft"));
}

std::optional<std::string> find_word(const Requirements& requirements, int tries, const Seed& seed) {
  for (int i = 0; i < tries; ++i) {
    const std::string word = draft_word(requirements, seed.child("try", i));
    if (gold_score(requirements, word) == static_cast<int>(requirements.size())) return word;
  }
  return std::nullopt;
}

std::string clean_word(const Requirements& requirements, const Seed& seed) {
  const auto word = find_word(requirements, kCleanTries, seed);
  check(word.has_value(), "[playground] no word meets '", render(Request{0, requirements}), "' in ",
        kCleanTries, " tries; requests of make_request() can be met, others may contradict themselves");
  return *word;
}

Request make_request(const Seed& seed) {
  for (int attempt = 0;; ++attempt) {
    const Seed here = seed.child("attempt", attempt);
    const Requirements requirements = random_requirements(here);
    if (contradicts_itself(requirements)) continue;
    if (!find_word(requirements, kSolvableTries, here.child("solve"))) continue;
    return Request{here.child("opening").below(0, openings().size()), requirements};
  }
}

}  // namespace selfreward::playground
