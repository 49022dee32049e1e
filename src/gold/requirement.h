#pragma once
// What a prompt asks for, as objects that a program can check: the "requirements" of a prompt's row.
//   {"kind": "sentences", "max": 3, "wording": "Use at most 3 sentences."}   {"kind": "title"}
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace selfreward {

enum class RequirementKind {
  sentences,      // min, max: how many; equal ones are "exactly"
  words,          // min, max
  paragraphs,     // min, max: parts between blank lines; title lines are none
  bullets,        // min, max: lines with "-", "*" or "•"
  numbered,       // min, max: lines with "1." or "1)"
  placeholders,   // min, max: [name]
  include,        // words: each occurs as a whole word, in any case
  exclude,        // words: none does
  lower_case,     // no capital letter
  upper_case,     // no small letter
  title,          // [[a title]] in double square brackets
  heading,        // the first line is "# a heading"
  json,           // words: the keys of the JSON object that is the whole answer
  starts_with,    // text, in any case
  ends_with,      // text, in any case; a final mark may be missing unless the text is only a mark
  language,       // text: en, de, es, fr or it
  no_repetition,  // no sentence twice, few repeated groups of three words
  forbid,         // text: a mark that does not occur, as ","
  choice          // words: exactly one of these sentences occurs
};

inline constexpr double kMaxWeight = 1e6;  // sums of weights stay exact

struct Requirement {
  RequirementKind kind = RequirementKind::sentences;
  std::optional<int64_t> min, max;
  std::vector<std::string> words;
  std::string text;
  std::string wording = {};  // the sentence of the prompt that asks for it, where that is known
  double weight = 1;         // in the share that is met
  bool operator==(const Requirement&) const = default;
};
using Requirements = std::vector<Requirement>;

/// A row of a file of prompts that carry their requirements.
struct VerifiablePrompt {
  std::string id, prompt, origin, category;
  Requirements requirements;
};

/// "at most 3 sentences", "the word \"river\"".
std::string wanted_text(const Requirement& requirement);

std::string to_string(RequirementKind kind);

/// What kind of thing is asked for, in a finer division: "sentences at most", "forbid ,", "language fr", else the kind's
/// name, as of other texts that are forbidden. How often it is met differs between them, and a judge must not learn that
/// in the place of looking.
std::string sort_of(const Requirement& requirement);
/// The same of an item of a row: its own word where "kind" and the rest are no rule, empty where it has none.
std::string sort_of(const Json& item);

void to_json(Json& json, const Requirement& value);
/// Throws Error with the kind and the key for an unknown kind or key, and for values that the kind needs and
/// has not, or that contradict each other.
void from_json(const Json& json, Requirement& value);
void to_json(Json& json, const VerifiablePrompt& value);
void from_json(const Json& json, VerifiablePrompt& value);

}  // namespace selfreward
