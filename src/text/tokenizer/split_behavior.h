#pragma once
// What becomes of the matches of a pattern when a text is split there: the "behavior" of tokenizer.json.
#include <vector>

#include "text/tokenizer/split_pattern.h"

namespace selfreward {

using Spans = std::vector<Span>;
/// Takes the gapless spans of a text and gives those of its pieces.
using SplitBehavior = Spans (*)(Spans);

/// Every span is a piece.
Spans isolated(Spans spans);
/// Matches are left out.
Spans removed(Spans spans);
/// Neighbours of one kind become one piece.
Spans contiguous(Spans spans);

/// The behavior under the key "behavior"; where it is absent, "Isolated" if `optional`, else an error.
SplitBehavior read_behavior(const JsonPart& json, bool optional = false);

}  // namespace selfreward
