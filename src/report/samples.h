#pragma once
// What the report says of the pairs as a whole, and which of the evaluation answers it shows: a fixed choice
// (those whose id has the smallest hash, so that it is neither the first ones nor different each time).
#include "run/paths.h"

namespace selfreward {

/// Of a round's preferences.jsonl: {total, chosen_length, rejected_length, length_unit}; null without one.
Json pair_totals(const fs::path& path);

/// Of the evaluated models: {models, total, shown: [{id, prompt, answers: [answer or null, in the order of
/// models]}]}, at most 60 prompts; null when no model has answered.
Json sample_answers(const RunPaths& run);

}  // namespace selfreward
