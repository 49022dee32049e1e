#pragma once
// Long work shows itself: a bar with rate and time left on a terminal, a plain line every few seconds
// otherwise.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/files.h"

namespace selfreward {

/// Prints `text` as one line on standard error, above a progress bar that may be on show.
void log_line(const std::string& text);

/// While it lives, what every Progress of the process shows is also kept in `path`, at most once a second, as
/// {stage, label, done, total, unit, rate, seconds_left, note, time}: how another process can look on. The
/// file goes at the end, but not where an exception ends it: then it says where the work was.
///
/// Which one lives is state of the process, as its terminal is: a Progress at any depth finds it by itself. Of
/// several the newest counts.
class ProgressFile {
 public:
  explicit ProgressFile(fs::path path);
  ~ProgressFile();
  ProgressFile(const ProgressFile&) = delete;
  ProgressFile& operator=(const ProgressFile&) = delete;

  /// Sets what is being made ("M1/candidates.jsonl").
  void name_stage(const std::string& stage) { stage_ = stage; }

 private:
  friend class Progress;
  fs::path partial() const { return path_.string() + ".tmp"; }
  /// Takes the place of what is there. A look at the work is not worth an error: a file that cannot be
  /// written is not there.
  void write(const std::string& line) const;

  fs::path path_;
  std::string stage_;
};

/// Is told how much of a piece of work is done.
using OnDone = std::function<void(int64_t done, int64_t total)>;

class Progress {
 public:
  /// `unit` is what is counted ("prompts", "steps"); `total` 0 means unknown; `done` was done before, by a
  /// run that was stopped, and is in no rate.
  Progress(std::string label, int64_t total, std::string unit, int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Sets how much is done, with a short note to show behind it (a loss, a rate).
  void update(int64_t done, const std::string& note = "");

 private:
  void show(bool last);
  void keep();
  double rate() const;

  std::string label_, unit_, note_;
  int64_t total_, first_, done_;
  std::chrono::steady_clock::time_point start_, shown_, kept_;
};

/// "3.2 s", "4 min 10 s", "2 h 05 min".
std::string format_duration(double seconds);

}  // namespace selfreward
