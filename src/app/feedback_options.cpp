#include "app/feedback_options.h"

#include "base/progress.h"
#include "data/record_file.h"

namespace selfreward {

CommandOption add_model(Command command, FeedbackOptions& options) {
  return command.add_option("--model", options.model, "checkpoint").type_name("DIR");
}
void add_prompts_file(Command command, FeedbackOptions& options) {
  command.add_option("--prompts", options.prompts, "prompts: {id, prompt} rows").required().existing_file();
}
void add_candidates_file(Command command, FeedbackOptions& options) {
  command.add_option("--candidates", options.candidates, "what `generate` wrote").required().existing_file();
}
void add_out(Command command, FeedbackOptions& options) {
  command.add_option("--out", options.out, "file to write; a stopped command goes on where it ended")
      .required()
      .type_name("FILE");
  add_overwrite(command, options.overwrite);
}

void report_counts(const std::string& out, size_t records, const std::string& more) {
  const bool counted = fs::exists(counts_file(out));
  log_line(str("wrote ", records, " records to ", out,
               counted ? "; dropped " + read_json(counts_file(out)).dump() : "", more));
}

RunConfig config_of(const FeedbackOptions& options, const CommandSettings& command) {
  ConfigOptions all = options.config;
  if (!options.rubric.empty())
    all.overrides.push_back(all.as_setting("--rubric", "judge.rubric", options.rubric));
  RunConfig config = all.load(command);
  settle_date(config, inputs_file(options.out), options.overwrite);
  return config;
}

StageInputs inputs_of(const RunConfig& config, const CommandSettings& command) {
  return StageInputs(config).settings(command.reads);
}

}  // namespace selfreward
