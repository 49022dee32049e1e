// Each kind of requirement against an answer.
#include <algorithm>

#include "base/regex.h"
#include "base/text_util.h"
#include "gold/count_check.h"
#include "gold/language.h"
#include "gold/text.h"
#include "gold/verifiable.h"

namespace selfreward {
namespace {

using K = RequirementKind;

constexpr double kMaxRepeatedShare = 0.2;  // what no_repetition allows

std::string quote(const std::string& text) {
  return str('"', text, '"');
}

/// `text` as a whole word or phrase.
std::string whole_word(const std::string& text) {
  return "(?<![\\p{L}\\p{N}])" + literal_pattern(plain_text(text)) + "(?![\\p{L}\\p{N}])";
}

bool occurs(const std::string& pattern, const std::string& text) {
  return Regex(pattern, /*ignore_case=*/true).matches(text);
}

RequirementVerdict verdict(const Requirement& requirement, bool met, std::string found,
                           std::string evidence) {
  return {met, wanted_text(requirement), std::move(found), std::move(evidence)};
}

/// The first or last words of a text, at most `count`.
std::string first_words(const std::string& text, size_t count) {
  auto words = split_words(text);
  if (words.size() > count) words.resize(count);
  return joined(words, " ");
}
std::string last_words(const std::string& text, size_t count) {
  const auto words = split_words(text);
  return joined({words.end() - static_cast<std::ptrdiff_t>(std::min(count, words.size())), words.end()}, " ");
}

/// The piece between white space in which byte `at` lies: what a reader would quote of it.
std::string piece_at(const std::string& text, size_t begin, size_t end) {
  const char* const space = " \n\t";
  const size_t before = begin == 0 ? std::string::npos : text.find_last_of(space, begin - 1);
  const size_t after = text.find_first_of(space, end);
  return text.substr(before + 1, after == std::string::npos ? after : after - before - 1);
}

/// The words of `r` that occur as `wanted`, quoted.
std::string those_that(const Requirement& r, const std::string& text, bool occur) {
  std::string list;
  for (const std::string& word : r.words)
    if (occurs(whole_word(word), text) == occur) list += (list.empty() ? "" : ", ") + quote(word);
  return list;
}

std::string quoted_piece(const std::string& text, const Regex::Match& match) {
  return quote(piece_at(text, match[0].begin, match[0].end));
}

/// Where a word stands: "rivers' banks"; only in "rivers"; not found.
std::string place_of(const std::string& word, const std::string& text) {
  const auto whole = Regex(whole_word(word), /*ignore_case=*/true).search(text);
  if (whole) return quoted_piece(text, *whole);
  const auto part = Regex(literal_pattern(plain_text(word)), /*ignore_case=*/true).search(text);
  return part ? "only in " + quoted_piece(text, *part) : "not found";
}

/// Of each word: river: "River,"; lake: not found.
std::string places_of(const std::vector<std::string>& words, const std::string& text) {
  std::vector<std::string> places;
  for (const std::string& word : words) places.push_back(str(word, ": ", place_of(word, text)));
  return joined(places, "; ");
}

RequirementVerdict check_words(const Requirement& r, const std::string& text) {
  const bool include = r.kind == K::include;
  const std::string wrong = those_that(r, text, /*occur=*/!include), evidence = places_of(r.words, text);
  if (!wrong.empty()) return verdict(r, false, (include ? "no " : "") + wrong, evidence);
  return verdict(r, true, include ? those_that(r, text, true) : "none", evidence);
}

RequirementVerdict check_case(const Requirement& r, const std::string& text) {
  static const Regex kCapital("[\\p{Lu}\\p{Lt}]"), kSmall("\\p{Ll}"), kLetter("\\p{L}");
  const bool lower = r.kind == K::lower_case;
  if (!kLetter.matches(text)) return verdict(r, false, "no letter", "no letter");
  const std::string letter = lower ? "capital" : "small letter";
  const auto wrong = (lower ? kCapital : kSmall).search(text);
  if (!wrong) return verdict(r, true, wanted_text(r), "no " + letter);
  const auto [begin, end] = (*wrong)[0];
  return verdict(r, false, quote(text.substr(begin, end - begin)),
                 letter + " in " + quote(piece_at(text, begin, end)));
}

RequirementVerdict check_title(const Requirement& r, const std::string& text) {
  static const Regex kTitle("\\[\\[(?=[^\\[\\]\\n]*\\p{L})[^\\[\\]\\n]+\\]\\]"),
      kHeading("\\A#{1,6}\\h+(?=.*\\p{L})[^\\n]+");
  const bool title = r.kind == K::title;
  const auto match = (title ? kTitle : kHeading).search(text);
  const std::string found = match ? std::string((*match)[0].in(text)) : title ? "no title" : "no heading";
  const std::string first_line = text.substr(0, text.find('\n'));
  return verdict(
      r, match.has_value(), found,
      title ? match ? "found " + found : "not found" : "first line " + quote(first_words(first_line, 4)));
}

/// The object that an answer is, bare or in one code fence.
std::optional<Json> json_of(const std::string& text) {
  static const Regex kFence("\\A```(?:json|JSON)?\\h*\\n([\\s\\S]*?)\\n?\\h*```\\z");
  const auto fence = kFence.search(text);
  const Json json = Json::parse(fence ? std::string((*fence)[1].in(text)) : text, nullptr, false);
  return json.is_discarded() ? std::nullopt : std::optional<Json>(json);
}

RequirementVerdict check_keys(const Requirement& r, const Json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(quote(key));
  const std::string evidence = keys.empty() ? "no keys" : "keys " + joined(keys, ", ");
  for (const std::string& key : r.words)
    if (!json.contains(key)) return verdict(r, false, "no key " + quote(key), evidence);
  for (const auto& [key, value] : json.items())
    if (std::count(r.words.begin(), r.words.end(), key) == 0)
      return verdict(r, false, "also the key " + quote(key), evidence);
  return verdict(r, true, "these keys", evidence);
}

RequirementVerdict check_json(const Requirement& r, const std::string& text) {
  const auto json = json_of(text);
  const bool begun = !text.empty() && std::string("{[`").find(text[0]) != std::string::npos;
  if (!json)
    return verdict(r, false, "no valid JSON",
                   begun ? "broken JSON, ends " + quote(last_words(text, 2))
                         : "no JSON, starts " + quote(first_words(text, 3)));
  if (!json->is_object()) return verdict(r, false, "JSON that is no object", "no object");
  return check_keys(r, *json);
}

RequirementVerdict check_start(const Requirement& r, const std::string& text) {
  const bool met =
      occurs("\\A[\"'*_(\\s]*" + literal_pattern(plain_text(r.text)) + "(?![\\p{L}\\p{N}])", text);
  return verdict(r, met, "a start with " + quote(first_words(text, 1)),
                 "starts " + quote(first_words(text, split_words(r.text).size() + 1)));
}

RequirementVerdict check_language(const Requirement& r, const std::string& text) {
  const std::string code = language_of(text), name = code.empty() ? "no clear language" : language_name(code);
  return verdict(r, code == r.text, name, quote(first_words(text, 4)) + " is " + name);
}

RequirementVerdict check_repetition(const Requirement& r, const std::string& text) {
  if (const std::string twice = repeated_sentence(text); !twice.empty())
    return verdict(r, false, quote(twice) + " twice", "twice " + quote(first_words(twice, 4)));
  const double share = repeated_share(text);
  if (share > kMaxRepeatedShare)
    return verdict(r, false, str(static_cast<int>(100 * share), " % of the word groups again"),
                   "many words again");
  return verdict(r, true, "none", "nothing twice");
}

constexpr std::string_view kMarks = ",.;:!?";  // of punctuation

/// The pieces of a text at which a reader stops, up to the first with `mark`: "fair: task. Rice,". Who lists them looks
/// at each; asked for a place at once, a small judge names one that is not there.
std::string walked(const std::string& text, const Regex& stops, const std::string& mark) {
  constexpr size_t kMost = 24;
  std::vector<std::string> words;
  for (const auto& group : stops.find_wholes(text)) {
    words.emplace_back(words.size() < kMost ? group.in(text) : "and more");
    const bool has_mark = !mark.empty() && words.back().find(mark) != std::string::npos;
    if (has_mark || words.size() > kMost) break;
  }
  return words.empty() ? "no marks" : joined(words, " ");
}

RequirementVerdict check_forbidden(const Requirement& r, const std::string& text) {
  static const Regex kMarked(str("\\S*[", kMarks, "]\\S*"));
  const auto match = Regex(literal_pattern(plain_text(r.text)), /*ignore_case=*/true).search(text);
  const std::string found = match ? quote(r.text) : "none", place = match ? "found" : "not found";
  if (r.text.size() == 1 && kMarks.find(r.text) != std::string_view::npos)
    return verdict(r, !match, found, str(walked(text, kMarked, r.text), "; ", place));
  return verdict(r, !match, found, match ? "found in " + quoted_piece(text, *match) : place);
}

/// What an answer has to end with, as a pattern: in any case, and in quotes or stars. A phrase's final mark is free.
std::string end_pattern(std::string wanted) {
  static const Regex kWord("[\\p{L}\\p{N}]"), kFinalMark("\\s*[.!?]+$");
  const bool phrase = kWord.matches(wanted);
  if (const auto mark = kFinalMark.search(wanted); phrase && mark) wanted.resize((*mark)[0].begin);
  return (phrase ? "(?<![\\p{L}\\p{N}])" : "") + literal_pattern(wanted) +
         (phrase ? "[.!?\"')\\]*_\\s]*\\z" : "[\"')*_\\s]*\\z");
}

/// The stops of marks and of lines, which lead to the end; then what is wanted beside what is there, and only then how
/// they compare: "fair: task. best.; last fish the best.; wanted That is all.; differs".
std::string end_evidence(const std::string& text, const std::string& wanted, bool met) {
  static const Regex kStops(str("\\S*[", kMarks, "]\\S*|\\S+(?=\\h*(?:\n|\\z))"));
  return str(walked(text, kStops, ""), "; last ", last_words(text, split_words(wanted).size()), "; wanted ",
             wanted, "; ", met ? "agrees" : "differs");
}

RequirementVerdict check_end(const Requirement& r, const std::string& text) {
  const std::string wanted = plain_text(r.text);
  const bool met = occurs(end_pattern(wanted), text);
  return verdict(r, met, "an end with " + quote(last_words(text, 1)), end_evidence(text, wanted, met));
}

RequirementVerdict check_choice(const Requirement& r, const std::string& text) {
  std::vector<std::string> chosen;
  for (const std::string& option : r.words)
    if (occurs(whole_word(option), text)) chosen.push_back(quote(option));
  const std::string found = chosen.empty()       ? "none of them"
                            : chosen.size() == 1 ? chosen[0]
                                                 : "several of them";
  return verdict(r, chosen.size() == 1, found,
                 chosen.empty() ? "not found" : "found " + joined(chosen, " and "));
}

RequirementVerdict check_plain(const Requirement& r, const std::string& text) {
  switch (r.kind) {
    case K::include:
    case K::exclude:
      return check_words(r, text);
    case K::lower_case:
    case K::upper_case:
      return check_case(r, text);
    case K::title:
    case K::heading:
      return check_title(r, text);
    case K::json:
      return check_json(r, text);
    case K::starts_with:
      return check_start(r, text);
    case K::ends_with:
      return check_end(r, text);
    case K::language:
      return check_language(r, text);
    case K::no_repetition:
      return check_repetition(r, text);
    case K::forbid:
      return check_forbidden(r, text);
    case K::choice:
      return check_choice(r, text);
    default:
      return check_count(r, text);
  }
}

}  // namespace

RequirementVerdict check_requirement(const Requirement& requirement, const std::string& answer) {
  return check_plain(requirement, plain_text(answer));
}

}  // namespace selfreward
