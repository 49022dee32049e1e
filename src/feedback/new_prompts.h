#pragma once
// New prompts x for the next round: few-shot from the seeds and earlier new ones, filtered as in
// Self-Instruct (section 2.2 of the paper, step 1).
#include "data/record_file.h"
#include "feedback/prompt_filters.h"
#include "feedback/settings.h"
#include "infer/generator.h"

namespace selfreward {

/// What new prompts are made from and must differ from.
struct PromptPool {
  std::vector<std::string> seeds;    // instructions of the IFT data
  std::vector<std::string> earlier;  // new prompts of earlier rounds
};

/// A few-shot request: seeds and `generated` examples in random order, as one numbered list to go on with.
std::string prompt_request(const PromptPool& pool, const std::vector<std::string>& generated,
                           const PromptSettings& settings, const Seed& seed);

/// Appends settings.num_prompts prompts, with ids "{name}-00000", ... and the count of drops by reason. A
/// model whose replies give no acceptable prompt any more is an error.
void generate_prompts(const Writer& writer, const PromptPool& pool, const PromptSettings& settings,
                      const std::string& name, RecordSink<Prompt>& out);

}  // namespace selfreward
