#pragma once
// The kinds of requirement that count: sentences, words, paragraphs, list lines, placeholders.
#include "gold/verifiable.h"

namespace selfreward {

/// `text` is plain (plain_text). The evidence numbers what is counted by its first words, "1 The sea is; 2 It
/// has many; 2 counted, less than 3"; words are written down with their number behind every fifth. It ends where nothing
/// more can change the verdict, and says in the same words for all requirements how the count lies to theirs: a small
/// model that has to go from a count to yes or no in one step goes wrong.
RequirementVerdict check_count(const Requirement& requirement, const std::string& text);

}  // namespace selfreward
