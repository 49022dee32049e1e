#pragma once
// What IFEval's checks look for in a text.
#include <cstdint>
#include <string>

namespace selfreward {

/// How often a regular expression is found, one after the other.
int64_t count_matches(const std::string& pattern, const std::string& text, bool ignore_case = false);

/// All cased letters are capitals, and there is one.
bool is_capital(const std::string& text);
/// All cased letters are small, and there is one.
bool is_small(const std::string& text);

/// Words in capitals alone; parts of "it's" count as its words.
int64_t capital_words(const std::string& text);

/// *so* and **so**, each with something in it; the double ones count for both.
int64_t highlights(const std::string& text);

/// Parts between *** are `wanted`; an empty one may only be the first or the last.
bool has_paragraphs(const std::string& text, int64_t wanted);

/// Parts between empty lines are `wanted`, and that at `place`, from 1 on, begins with `word`, whatever its case.
bool begins_paragraph(const std::string& text, int64_t place, int64_t wanted, const std::string& word);

/// Two parts between ******, not the same.
bool has_two_answers(const std::string& text);

/// JSON, bare or in a code fence.
bool is_json(const std::string& answer);

}  // namespace selfreward
