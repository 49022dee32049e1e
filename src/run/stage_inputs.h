#pragma once
// What a stage is made from, as its output keeps it (base/output.h): the program's version, the settings that
// matter, and the contents of files and checkpoints.
//   const Json inputs = StageInputs(config).settings(kModelSettings).checkpoint("M1", m1)
//                           .files("prompts", {prompts_file}).json();
#include "config/config.h"
#include "data/record_file.h"

namespace selfreward {

/// Prefixes of the settings that every stage with a model reads, every training, and every judging of ranked
/// answers.
extern const std::vector<std::string> kModelSettings, kTrainingSettings, kJudgeSettings;

/// Whether a setting bounds memory, speed or logging alone, so that it may change while a stage is under way.
bool changes_no_result(const std::string& key);

class StageInputs {
 public:
  /// Begins with the program's version and the seed.
  explicit StageInputs(const RunConfig& config);

  /// Adds the settings whose keys begin with one of `prefixes`, without those of the two kinds above.
  StageInputs& settings(const std::vector<std::string>& prefixes);
  /// Adds the content of files and directories under `name`. An empty path and an empty list add nothing, nor
  /// does a file that is not there: it is then missing in the comparison.
  StageInputs& files(const std::string& name, const std::vector<std::string>& paths);
  StageInputs& file(const std::string& name, const fs::path& path) { return files(name, {path.string()}); }
  /// Adds the content of a checkpoint, an adapter's base with it.
  StageInputs& checkpoint(const std::string& name, const fs::path& dir);
  /// Adds a rule file of gold scores with the files that it names.
  StageInputs& gold(const fs::path& rules);
  /// Adds a text by its content, or a value.
  StageInputs& value(const std::string& name, Json value);

  const Json& json() const { return inputs_; }
  const std::vector<fs::path>& sources() const { return sources_; }

 private:
  RunConfig config_;
  Json inputs_;
  std::vector<fs::path> sources_;
};

/// A checkpoint that a training makes in `dir` and keeps its files for in `training_dir`; a file of records.
Output model_output(const std::string& name, const fs::path& dir, const fs::path& training_dir,
                    const StageInputs& inputs);
Output records_output(const fs::path& records, const StageInputs& inputs);

}  // namespace selfreward
