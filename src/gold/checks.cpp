// Each kind of requirement against an answer.
#include <algorithm>

#include "base/regex.h"
#include "base/text_util.h"
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

/// `text` as a pattern that matches it literally.
std::string literal(const std::string& text) {
  return "\\Q" + replace_all(text, "\\E", "\\E\\\\E\\Q") + "\\E";
}

/// `text` as a whole word or phrase.
std::string whole_word(const std::string& text) {
  return "(?<![\\p{L}\\p{N}])" + literal(plain_text(text)) + "(?![\\p{L}\\p{N}])";
}

bool occurs(const std::string& pattern, const std::string& text) {
  return Regex(pattern, /*ignore_case=*/true).matches(text);
}

RequirementVerdict verdict(const Requirement& requirement, bool met, std::string found) {
  return {met, wanted_text(requirement), std::move(found)};
}

int64_t count_of(K kind, const std::string& text) {
  if (kind == K::sentences) return std::ssize(sentences_of(text));
  if (kind == K::words) return std::ssize(words_of(text));
  if (kind == K::paragraphs) return std::ssize(paragraphs_of(text));
  if (kind == K::bullets) return count_bullets(text);
  return kind == K::numbered ? count_numbered(text) : count_placeholders(text);
}

std::string counted_text(K kind, int64_t count) {
  std::string noun = kind == K::bullets    ? "bullet points"
                     : kind == K::numbered ? "numbered points"
                                           : to_string(kind);
  if (count == 1) noun.pop_back();
  return str(count, " ", noun);
}

RequirementVerdict check_count(const Requirement& r, const std::string& text) {
  const int64_t count = count_of(r.kind, text);
  const bool met = count >= r.min.value_or(count) && count <= r.max.value_or(count);
  return verdict(r, met, counted_text(r.kind, count));
}

/// The words of `r` that occur as `wanted`, quoted.
std::string those_that(const Requirement& r, const std::string& text, bool occur) {
  std::string list;
  for (const std::string& word : r.words)
    if (occurs(whole_word(word), text) == occur) list += (list.empty() ? "" : ", ") + quote(word);
  return list;
}

RequirementVerdict check_words(const Requirement& r, const std::string& text) {
  const bool include = r.kind == K::include;
  const std::string wrong = those_that(r, text, /*occur=*/!include);
  if (!wrong.empty()) return verdict(r, false, (include ? "no " : "") + wrong);
  return verdict(r, true, include ? those_that(r, text, true) : "none");
}

RequirementVerdict check_case(const Requirement& r, const std::string& text) {
  static const Regex kCapital("[\\p{Lu}\\p{Lt}]"), kSmall("\\p{Ll}"), kLetter("\\p{L}");
  const bool lower = r.kind == K::lower_case;
  if (!kLetter.matches(text)) return verdict(r, false, "no letter");
  const auto wrong = (lower ? kCapital : kSmall).search(text);
  if (wrong) return verdict(r, false, quote(std::string((*wrong)[0].in(text))));
  return verdict(r, true, wanted_text(r));
}

RequirementVerdict check_title(const Requirement& r, const std::string& text) {
  static const Regex kTitle("\\[\\[(?=[^\\[\\]\\n]*\\p{L})[^\\[\\]\\n]+\\]\\]"),
      kHeading("\\A#{1,6}\\h+(?=.*\\p{L})[^\\n]+");
  const auto match = (r.kind == K::title ? kTitle : kHeading).search(text);
  return verdict(r, match.has_value(),
                 match                ? std::string((*match)[0].in(text))
                 : r.kind == K::title ? "no title"
                                      : "no heading");
}

/// The object that an answer is, bare or in one code fence.
std::optional<Json> json_of(const std::string& text) {
  static const Regex kFence("\\A```(?:json|JSON)?\\h*\\n([\\s\\S]*?)\\n?\\h*```\\z");
  const auto fence = kFence.search(text);
  const Json json = Json::parse(fence ? std::string((*fence)[1].in(text)) : text, nullptr, false);
  return json.is_discarded() ? std::nullopt : std::optional<Json>(json);
}

RequirementVerdict check_json(const Requirement& r, const std::string& text) {
  const auto json = json_of(text);
  if (!json) return verdict(r, false, "no valid JSON");
  if (!json->is_object()) return verdict(r, false, "JSON that is no object");
  for (const std::string& key : r.words)
    if (!json->contains(key)) return verdict(r, false, "no key " + quote(key));
  for (const auto& [key, value] : json->items())
    if (std::count(r.words.begin(), r.words.end(), key) == 0)
      return verdict(r, false, "also the key " + quote(key));
  return verdict(r, true, "these keys");
}

RequirementVerdict check_start(const Requirement& r, const std::string& text) {
  const bool met = occurs("\\A[\"'*_(\\s]*" + literal(plain_text(r.text)) + "(?![\\p{L}\\p{N}])", text);
  const auto words = split_words(text);
  return verdict(r, met, "a start with " + quote(words.empty() ? "" : words.front()));
}

RequirementVerdict check_end(const Requirement& r, const std::string& text) {
  static const Regex kWord("[\\p{L}\\p{N}]"), kFinalMark("[.!?]+$");
  std::string wanted = plain_text(r.text);
  const bool phrase = kWord.matches(wanted);
  if (const auto mark = kFinalMark.search(wanted); phrase && mark) wanted.resize((*mark)[0].begin);
  const std::string pattern = (phrase ? "(?<![\\p{L}\\p{N}])" : "") + literal(wanted) +
                              (phrase ? "[.!?\"')\\]*_\\s]*\\z" : "[\"')*_\\s]*\\z");
  const auto words = split_words(text);
  return verdict(r, occurs(pattern, text), "an end with " + quote(words.empty() ? "" : words.back()));
}

RequirementVerdict check_language(const Requirement& r, const std::string& text) {
  const std::string code = language_of(text);
  return verdict(r, code == r.text, code.empty() ? "no clear language" : language_name(code));
}

RequirementVerdict check_repetition(const Requirement& r, const std::string& text) {
  if (const std::string twice = repeated_sentence(text); !twice.empty())
    return verdict(r, false, quote(twice) + " twice");
  const double share = repeated_share(text);
  if (share > kMaxRepeatedShare)
    return verdict(r, false, str(static_cast<int>(100 * share), " % of the word groups again"));
  return verdict(r, true, "none");
}

RequirementVerdict check_forbidden(const Requirement& r, const std::string& text) {
  return occurs(literal(plain_text(r.text)), text) ? verdict(r, false, quote(r.text))
                                                   : verdict(r, true, "none");
}

RequirementVerdict check_choice(const Requirement& r, const std::string& text) {
  std::vector<std::string> chosen;
  for (const std::string& option : r.words)
    if (occurs(whole_word(option), text)) chosen.push_back(option);
  return verdict(r, chosen.size() == 1,
                 chosen.empty()       ? "none of them"
                 : chosen.size() == 1 ? quote(chosen[0])
                                      : "several of them");
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
