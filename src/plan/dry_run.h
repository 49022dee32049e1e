#pragma once
// --dry-run: what a run would do, as text for a terminal. Settings, data and the checkpoint's headers and
// tokenizer are read as the run reads them, so their errors appear here; nothing is trained, generated or
// written.
#include "recipe/stages.h"

namespace selfreward {

/// Of the whole loop. What depends on text that a model has yet to write is estimated from the seed data, and
/// says so. Where the run directory has outputs of other inputs: an Error, or, with `overwrite`, a line about
/// them.
std::string dry_run(const RunConfig& config, bool overwrite);

/// Of SFT alone, of the checkpoint `model`.
std::string dry_run_sft(const RunConfig& config, const fs::path& model, const std::vector<Example>& examples);

/// Of DPO alone, with the examples that are replayed.
std::string dry_run_dpo(const RunConfig& config, const fs::path& model,
                        const std::vector<PreferencePair>& pairs, const std::vector<Example>& replay);

}  // namespace selfreward
