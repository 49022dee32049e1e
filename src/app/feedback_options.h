#pragma once
// What the commands share that do one stage of a round alone, from files to a file.
#include "app/commands.h"
#include "run/stage_inputs.h"

namespace selfreward {

/// What these commands are told; each reads its part.
struct FeedbackOptions {
  ConfigOptions config;
  std::string model, prompts, candidates, judgements, rubric, out;
  std::vector<std::string> seeds;
  bool positive_only = false, overwrite = false;
};

CommandOption add_model(Command command, FeedbackOptions& options);
void add_prompts_file(Command command, FeedbackOptions& options);
void add_candidates_file(Command command, FeedbackOptions& options);
void add_out(Command command, FeedbackOptions& options);

/// Says how many records are in the output, what was dropped, and `more`.
void report_counts(const std::string& out, size_t records, const std::string& more = "");

/// Its settings: options that are settings under a shorter name among them, and the day on which the output
/// was begun.
RunConfig config_of(const FeedbackOptions& options, const CommandSettings& command);

/// The settings that a command reads, as inputs of its output.
StageInputs inputs_of(const RunConfig& config, const CommandSettings& command);

}  // namespace selfreward
