#pragma once
// From a judge's reply to a score, or to the reason why there is none. A missing score is missing: it never
// becomes -1 or 0, and so can never make its answer the rejected one.
#include "data/records.h"
#include "feedback/judging/rubric.h"

namespace selfreward {

/// Reads `text`, which holds generated text only: neither the judge's prompt nor the answer that it quotes.
/// The last match of the rubric's pattern is the score (of a checklist yes is 1, no is 0). Failures, in this order:
/// - no_score: nothing matches and the reply ended by itself; or the pattern tries too many ways on it, which
///   is a warning
/// - cut_off: nothing matches, or the last number ends with the text, where the length limit cut the reply
/// - several_scores: the reply names different scores
/// - out_of_range: not in [min_score, max_score], or on another scale ("4/10")
JudgeReply parse_judge_reply(std::string text, FinishReason finish_reason, const Rubric& rubric);

/// Whether a complete line of a reply gives its score, so that nothing after it is asked for: a line that the
/// match of the pattern opens, in range or not. Scores that stand elsewhere ("Relevance score: 1", "1. Score:
/// 1", indented) may be of parts, with the whole still to come. Of a checklist any line with a verdict.
bool is_score_line(std::string_view line, const Rubric& rubric);

/// Throws Error, with the rubric's file, unless replies that end with its own score line have that score; of a
/// checklist, unless what it writes as yes and no (`reply`, and the words alone) is read as that.
void check_score_line(const Rubric& rubric, const std::string& file);

/// Whether before byte `at` a line has nothing but marks of emphasis, a heading or a quotation ("**", "## ").
bool begins_line(std::string_view line, size_t at);

/// The mean of the replies' scores, or where `soft` of their expected scores; nothing if none has one.
std::optional<double> mean_score(const std::vector<JudgeReply>& replies, bool soft = false);

}  // namespace selfreward
