#pragma once
// What the dry runs of the loop, of SFT and of DPO share.
#include "feedback/judging/rubric.h"
#include "plan/text.h"
#include "run/seed_data.h"

namespace selfreward {

/// What is known before anything runs.
struct DryRunPlan {
  const RunConfig& config;
  PolicyOutline model;
  std::string device;  // "cpu" or "cuda:N"
  Network network;
  SeedData data = {};
  Rubric rubric = {};
  std::vector<Example> eft = {};  // where no model has to write them
  SftRows rows = {};
  std::vector<StageMemory> memory = {};
  std::string examples = {};
};

/// The checkpoint `dir` as far as its headers tell, and the memory that loading takes.
DryRunPlan plan_for(const RunConfig& config, const fs::path& dir);

/// Adds a text that a stage sees.
void add_example(DryRunPlan& plan, const std::string& title, const std::string& text);
/// Adds SFT of plan.rows: its memory and its first row. Rows are shuffled by `seed`. Without rows an error.
void add_sft(DryRunPlan& plan, const Seed& seed);

/// The whole text: settings and model, what the caller found, memory, examples.
std::string text_of(const DryRunPlan& plan, const std::string& found);

}  // namespace selfreward
