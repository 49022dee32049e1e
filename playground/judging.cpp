#include "playground/judging.h"

#include <algorithm>

#include "base/error.h"

namespace selfreward::playground {
namespace {

constexpr const char* kNone = "none";
constexpr size_t kMaxCount = 8;  // a longer count is written as this one

std::string letter_at(std::string_view word, size_t position) {
  return position < word.size() ? std::string(1, word[position]) : kNone;
}

std::string count_text(size_t count) {
  return std::to_string(std::min(count, kMaxCount));
}

/// The first letter that stood there before.
std::string first_repeat(std::string_view word) {
  for (size_t i = 0; i < word.size(); ++i)
    if (word.substr(0, i).find(word[i]) != std::string_view::npos) return std::string(1, word[i]);
  return kNone;
}

size_t count_vowels(std::string_view word) {
  return static_cast<size_t>(std::count_if(word.begin(), word.end(),
                                           [](char c) { return kVowels.find(c) != std::string_view::npos; }));
}

}  // namespace

std::string judge_prompt(std::string_view instruction, std::string_view response) {
  return str("judge : ", instruction, " answer : ", response, " ;");
}

std::string evidence(const Requirement& requirement, std::string_view word) {
  switch (requirement.kind) {
    case Kind::length:
      return count_text(word.size());
    case Kind::starts:
      return letter_at(word, 0);
    case Kind::second:
      return letter_at(word, 1);
    case Kind::ends:
      return word.empty() ? kNone : std::string(1, word.back());
    case Kind::has:
    case Kind::avoids:
      return letter_at(word, word.find(requirement.letter));
    case Kind::no_repeats:
      return first_repeat(word);
    case Kind::vowels:
      return count_text(count_vowels(word));
  }
  return kNone;
}

std::vector<bool> right_verdicts(const Requirements& requirements, std::string_view word) {
  std::vector<bool> verdicts;
  for (const Requirement& requirement : requirements) verdicts.push_back(is_met(requirement, word));
  return verdicts;
}

std::vector<bool> noisy_verdicts(std::vector<bool> verdicts, double noise, const Seed& seed) {
  for (size_t i = 0; i < verdicts.size(); ++i)
    if (seed.uniform(i) < noise) verdicts[i] = !verdicts[i];
  return verdicts;
}

std::string judgement_text(const Requirements& requirements, std::string_view word,
                           const std::vector<bool>& verdicts) {
  std::string text;
  for (size_t i = 0; i < requirements.size(); ++i)
    text += str(render(requirements[i]), " found ", evidence(requirements[i], word),
                verdicts[i] ? " yes" : " no", " ; ");
  return text + str("Score: ", std::count(verdicts.begin(), verdicts.end(), true));
}

}  // namespace selfreward::playground
