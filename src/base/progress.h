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

/// From now on, what a Progress shows is also kept in `file`, at most once a second, as {stage, label, done,
/// total, unit, rate, seconds_left, note, time}: how another process can look on. An empty path ends that.
void keep_progress_in(const fs::path& file);
/// What is being made, for that file ("M1/candidates.jsonl").
void name_stage(const std::string& stage);

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
