#include "playground/words.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text_util.h"

namespace selfreward::playground {
namespace {

// The text of each Kind: '#' stands for its number, '?' for its letter.
constexpr std::array<std::string_view, kNumKinds> kForms = {
    "# letters", "starts ?", "ends ?", "has ?", "no ?", "second is ?", "no repeats", "# vowels"};

bool is_letter(char c) {
  return kLetters.find(c) != std::string_view::npos;
}
bool is_vowel(char c) {
  return kVowels.find(c) != std::string_view::npos;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The requirement of `kind` that `text` states, if it does.
std::optional<Requirement> parse_as(Kind kind, std::string_view text) {
  const std::string_view form = kForms[static_cast<size_t>(kind)];
  if (text.size() != form.size()) return std::nullopt;
  Requirement found{kind};
  for (size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '#' && is_digit(text[i])) {
      found.number = text[i] - '0';
    } else if (form[i] == '?' && is_letter(text[i])) {
      found.letter = text[i];
    } else if (form[i] != text[i]) {
      return std::nullopt;
    }
  }
  return found;
}

std::optional<Requirement> parse_requirement(std::string_view text) {
  for (size_t kind = 0; kind < kNumKinds; ++kind)
    if (const auto found = parse_as(static_cast<Kind>(kind), text)) return found;
  return std::nullopt;
}

std::vector<std::string_view> split_parts(std::string_view text) {
  constexpr std::string_view kSeparator = " , ";
  std::vector<std::string_view> parts;
  for (size_t at = 0; at != std::string_view::npos;) {
    const size_t end = text.find(kSeparator, at);
    parts.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    at = end == std::string_view::npos ? end : end + kSeparator.size();
  }
  return parts;
}

std::optional<Requirements> parse_requirements(std::string_view text) {
  Requirements requirements;
  std::set<Kind> kinds;
  for (const std::string_view part : split_parts(text)) {
    const auto requirement = parse_requirement(part);
    if (!requirement || !kinds.insert(requirement->kind).second) return std::nullopt;
    requirements.push_back(*requirement);
  }
  if (requirements.size() != kNumRequirements) return std::nullopt;
  return requirements;
}

}  // namespace

const std::vector<std::string>& openings() {
  static const std::vector<std::string> kOpenings = {"write a word", "give me a word", "make a word",
                                                     "please write a word"};
  return kOpenings;
}

std::string render(const Requirement& requirement) {
  std::string text(kForms[static_cast<size_t>(requirement.kind)]);
  for (char& c : text) {
    if (c == '#') c = static_cast<char>('0' + requirement.number);
    if (c == '?') c = requirement.letter;
  }
  return text;
}

std::string render(const Request& request) {
  std::string text = openings()[request.opening];
  for (size_t i = 0; i < request.requirements.size(); ++i)
    text += (i == 0 ? " : " : " , ") + render(request.requirements[i]);
  return text;
}

std::optional<Request> parse_request(std::string_view prompt) {
  const std::string text = strip(prompt);
  for (size_t opening = 0; opening < openings().size(); ++opening) {
    const std::string start = openings()[opening] + " : ";
    if (!text.starts_with(start)) continue;
    const auto requirements = parse_requirements(std::string_view(text).substr(start.size()));
    if (requirements) return Request{opening, *requirements};
  }
  return std::nullopt;
}

std::string render_word(std::string_view word) {
  std::string text;
  for (const char c : word) text += text.empty() ? std::string(1, c) : std::string{' ', c};
  return text;
}

std::string parse_word(std::string_view answer) {
  const std::string text = strip(answer);
  std::string word;
  for (size_t i = 0; i < text.size(); i += 2) {
    if (!is_letter(text[i])) return "";
    if (i + 1 < text.size() && text[i + 1] != ' ') return "";
    word += text[i];
  }
  return word;
}

bool is_met(const Requirement& requirement, std::string_view word) {
  if (word.empty()) return false;
  switch (requirement.kind) {
    case Kind::length:
      return word.size() == static_cast<size_t>(requirement.number);
    case Kind::starts:
      return word.front() == requirement.letter;
    case Kind::ends:
      return word.back() == requirement.letter;
    case Kind::has:
      return word.find(requirement.letter) != std::string_view::npos;
    case Kind::avoids:
      return word.find(requirement.letter) == std::string_view::npos;
    case Kind::second:
      return word.size() > 1 && word[1] == requirement.letter;
    case Kind::no_repeats:
      return std::set<char>(word.begin(), word.end()).size() == word.size();
    case Kind::vowels:
      return std::count_if(word.begin(), word.end(), is_vowel) == requirement.number;
  }
  return false;
}

int gold_score(const Requirements& requirements, std::string_view word) {
  return static_cast<int>(std::count_if(requirements.begin(), requirements.end(),
                                        [&](const auto& r) { return is_met(r, word); }));
}

}  // namespace selfreward::playground
