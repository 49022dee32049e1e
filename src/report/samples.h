#pragma once
// What the report says of the pairs as a whole, and which of the evaluation answers it shows: a fixed choice
// (those whose id has the smallest hash, so that it is neither the first ones nor different each time).
#include "base/json.h"

namespace selfreward {

/// Of M{t}/: {total, chosen_length, rejected_length, length_unit}; null without preferences.jsonl.
Json pair_totals(const fs::path& model_dir);

/// Of evaluation/: {models, total, shown: [{id, prompt, answers: [answer or null, in the order of models]}]},
/// at most 60 prompts; null when no model has answered.
Json sample_answers(const fs::path& evaluation_dir);

}  // namespace selfreward
