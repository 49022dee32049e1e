#pragma once
// Labels on the disk: every click is there before it is answered for, and what the clicks come to is beside it.
#include <mutex>
#include <optional>

#include "base/files.h"
#include "label/labels.h"

namespace selfreward {

class LabelStore {
 public:
  /// Goes on with DIR/labels.jsonl, where there is one; a last line that a killed process did not finish is cut off.
  /// Throws Error, naming file and line, for what is no label of `tasks`, which must outlive it; and where there are
  /// results but no labels that they could be of.
  LabelStore(const LabelTasks& tasks, const fs::path& dir);

  /// Throws Error as Labels::check_fits.
  void check_fits(const Label& label) const;
  /// Keeps a click, then writes DIR/ranked.jsonl and DIR/verdicts.jsonl anew. From any thread. Throws Error, and nothing
  /// is kept, where the label does not fit (Labels::check_fits) or cannot be written; where only the two files cannot be
  /// written the Error says that the click is kept.
  void add(const Label& label);
  /// A copy of what was said so far.
  Labels labels() const;
  fs::path ranked_file() const { return dir_ / "ranked.jsonl"; }
  fs::path verdicts_file() const { return dir_ / "verdicts.jsonl"; }

 private:
  fs::path log_file() const { return dir_ / "labels.jsonl"; }
  void check_no_results() const;
  void write_results() const;

  const fs::path dir_;
  mutable std::mutex mutex_;
  Labels labels_;
  std::optional<AppendLog> log_;
};

}  // namespace selfreward
