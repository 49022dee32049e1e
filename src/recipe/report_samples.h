#pragma once
// What is shown of the texts of a run: a fixed choice of preference pairs and of evaluation answers (those
// whose id has the smallest hash, so that it is neither the first ones nor different each time).
#include "base/json.h"

namespace selfreward {

/// Of M{t}/: {total, chosen_length, rejected_length, length_unit, shown: [{id, origin, prompt, chosen,
/// rejected, others}]}, at most 200 pairs with the judge's replies; null without preferences.jsonl.
Json sample_pairs(const fs::path& model_dir);

/// Of evaluation/: {models, total, shown: [{id, prompt, answers: [answer or null, in the order of models]}]},
/// at most 60 prompts; null when no model has answered.
Json sample_answers(const fs::path& evaluation_dir);

}  // namespace selfreward
