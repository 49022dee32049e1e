#pragma once
// What `evaluate ifeval` writes into its directory, and what each file is made from.
#include "base/output.h"
#include "config/config.h"
#include "evaluate/benchmarks/ifeval_run.h"

namespace selfreward {

/// ifeval.json: the summaries of all models that answered these prompts, also of other calls.
Output ifeval_summary_output(const RunConfig& config, const fs::path& prompts, const fs::path& out);

/// NAME.strict.jsonl and NAME.loose.jsonl of the model at `path`, a checkpoint or a file of answers.
Output ifeval_lines_output(const RunConfig& config, const std::string& name, const fs::path& path,
                           const fs::path& prompts, const fs::path& out);

/// Writes the two files of a model.
void write_ifeval_lines(const Output& output, const std::vector<IfevalResult>& results);

/// The summaries of `models` with those that ifeval.json, if it is there, has of others. Throws Error where it is no such
/// file.
Json with_earlier_models(const fs::path& ifeval_json, const Json& models);

}  // namespace selfreward
