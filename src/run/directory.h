#pragma once
// The run directory that a process is at work in. A file under its final name is complete, so running the
// same command again goes on where a stopped run ended.
#include "base/progress.h"
#include "data/record_file.h"
#include "run/paths.h"

namespace selfreward {

/// The rows of warnings.jsonl; half a line, of a run that was killed, is left out.
std::vector<Json> read_warnings(const fs::path& file);
/// Without rows there is no file.
void write_warnings(const fs::path& file, const std::vector<Json>& rows);

/// A run directory that this process is at work in.
class RunDirectory : public RunPaths {
 public:
  /// Creates the directory. Another process at work in it is an error. What an earlier call left there is
  /// checked output by output (outputs.h), not here.
  explicit RunDirectory(const RunConfig& config);

  /// Throws Error where a file from outside of the run, among the inputs of `output`, has changed since this
  /// call first looked at it: what was read of it then is not what stands there now.
  void check_given(const Output& output);
  /// check_given, then take_up (base/output.h).
  void take_up(const Output& output);
  /// Writes config.yaml: the settings of the last call, which are those of all outputs once these are
  /// checked.
  void keep_settings(const RunConfig& config) const;
  /// Sets what is being made, for those who look at progress().
  void name_stage(const std::string& stage) { progress_file_.name_stage(stage); }
  /// Removes the state that a finished training leaves behind (its metrics stay).
  void forget_training_state(const TrainingFiles& files) const;

  /// The records of `output`, made by `produce(RecordSink&)` where the file is not there yet; says what it
  /// does. Records of other inputs are an Error.
  template <typename Record, typename Produce>
  std::vector<Record> memo(const Output& output, Produce produce) {
    begin_stage(output.paths.front());
    check_given(output);
    return selfreward::memo<Record>(output, /*overwrite=*/false, produce);
  }
  /// The same of a file inside of a training's directory, which belongs to the model that is trained.
  template <typename Record, typename Produce>
  std::vector<Record> memo(const fs::path& path, Produce produce) {
    begin_stage(path);
    return selfreward::memo<Record>(path, produce);
  }

 private:
  void begin_stage(const fs::path& path);

  OutputLock lock_;
  ProgressFile progress_file_;
  std::map<fs::path, std::string> given_;  // files from outside and their contents
};

}  // namespace selfreward
