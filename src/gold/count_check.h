#pragma once
// The kinds of requirement that count: sentences, words, paragraphs, list lines, placeholders.
#include "gold/verifiable.h"

namespace selfreward {

/// `text` is plain (plain_text). The evidence numbers what is counted by its first words, "1 The sea is; 2 It
/// has many; count 2"; words are written down with their number behind every fifth. It ends where nothing more can
/// change the verdict: "4 or more".
RequirementVerdict check_count(const Requirement& requirement, const std::string& text);

}  // namespace selfreward
