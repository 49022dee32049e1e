#pragma once
// The data a run starts from: IFT and EFT to train on, and what is held out to evaluate with (section 2.1).
#include "run/directory.h"

namespace selfreward {

struct SeedData {
  std::vector<Example> ift;
  std::vector<RankedAnswers> ranked;              // for building EFT; no prompt of ift is among them
  std::vector<RankedAnswers> held_out_ranked;     // for measuring judges
  std::vector<Prompt> eval_prompts;               // for comparing answers
  Counts dropped;                                 // by reason
  std::vector<std::string> instructions() const;  // of ift
};

/// Reads the files of config.data, splits off what is held out first, and keeps IFT and ranked prompts apart.
SeedData read_seed_data(const RunConfig& config);
/// Writes seed/summary.json with what was dropped and why; what stands there of EFT stays as long as EFT
/// does.
void write_seed_summary(const RunDirectory& run, const SeedData& data);

}  // namespace selfreward
