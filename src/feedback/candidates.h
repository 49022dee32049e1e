#pragma once
// N answers y of M_t to each prompt x (section 2.2 of the paper, step 2).
#include "data/record_file.h"
#include "feedback/settings.h"
#include "infer/generator.h"

namespace selfreward {

/// Appends settings.num_generations candidates of each prompt, in the order of the prompts. A prompt that
/// does not fit the model's context gets none and is counted as "prompt_too_long".
void generate_candidates(const Writer& writer, const std::vector<Prompt>& prompts,
                         const CandidateSettings& settings, RecordSink<Candidate>& out);

}  // namespace selfreward
