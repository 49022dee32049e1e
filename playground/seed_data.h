#pragma once
// The data files of the playground: seed data for a run and held-out sets for its evaluation. No request
// occurs in two of them, in whatever order or words.
#include "base/seed.h"
#include "data/records.h"

namespace selfreward::playground {

/// The seed of the files in playground/data.
inline constexpr uint64_t kDataSeed = 1;

struct SeedData {
  std::vector<Example> ift;           // clean answers
  std::vector<RankedAnswers> ranked;  // three answers each, for judgements that become EFT
  std::vector<Prompt> held_out_prompts;
  std::vector<RankedAnswers> held_out_ranked;  // four answers each, for the reward-modelling metrics
  std::vector<Example> eft_gold;               // right judgements, for the ablation without own judgements
};

SeedData make_seed_data(const Seed& seed);

/// Writes ift.jsonl, ranked.jsonl, held_out_prompts.jsonl, held_out_ranked.jsonl and eft_gold.jsonl.
void write_data(const fs::path& dir, const Seed& seed);

}  // namespace selfreward::playground
