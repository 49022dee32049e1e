#pragma once
// What the page's pair browser shows: every prompt of every round with its answers, all replies of the judge,
// and the pair that was made of them, or why there is none.
#include "feedback/pairs/settings.h"
#include "report/records.h"

namespace selfreward {

/// `settings`: how the run chooses its pairs.
/// {total, left_out, rows: [[t, id, origin, prompt, why, chosen, rejected, answers], ...]} with
///   why       null where the prompt gave a pair; else the reason of build_preference_pairs, "unfinished"
///             (the round has no pairs yet) or "not_in_file" (preferences.jsonl leaves it out);
///             a prompt with several pairs has a row for each
///   chosen, rejected   places in `answers`, or null
///   answers   [[text, tokens or null, cut off, mean score or null, replies], ...], of each reply [score or
///             null, failure or null, reply]
/// Rows that do not fit into `max_bytes` of JSON, an equal part for each round, are left out; those that stay
/// have the smallest hashes of their ids, in the order of the run.
Json browse_pairs(const std::vector<RoundRecords>& rounds, const PairSettings& settings, size_t max_bytes);

/// `text`, cut between two characters after 8000 bytes, and how much is missing.
std::string clipped(const std::string& text);

}  // namespace selfreward
