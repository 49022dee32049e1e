#include "base/progress.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>

#include "base/format.h"
#include "base/json.h"
#include "base/terminal.h"

namespace selfreward {
namespace {

bool on_terminal() {
  static const bool terminal = takes_escapes(STDERR_FILENO);
  return terminal;
}

constexpr auto kBarInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(15);
constexpr auto kFileInterval = std::chrono::seconds(1);

const ProgressFile* current_file = nullptr;  // the newest, while it lives

std::string bar(double share) {
  constexpr int kWidth = 24;
  const int full = static_cast<int>(std::lround(share * kWidth));
  std::string text;
  for (int i = 0; i < kWidth; ++i) text += i < full ? "━" : "─";
  return text;
}

}  // namespace

void log_line(const std::string& text) {
  std::fprintf(stderr, "%s%s\n", on_terminal() ? "\r\033[K" : "", text.c_str());
}

ProgressFile::ProgressFile(fs::path path) : path_(std::move(path)) {
  current_file = this;
}

ProgressFile::~ProgressFile() {
  if (current_file == this) current_file = nullptr;
  if (std::uncaught_exceptions() > 0) return;
  std::error_code ignored;
  for (const fs::path& left : {path_, partial()}) fs::remove(left, ignored);
}

void ProgressFile::write(const std::string& line) const {
  std::ofstream(partial()) << line;
  std::error_code ignored;
  fs::rename(partial(), path_, ignored);
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  const auto two_digits = [](int64_t number) { return zero_padded(static_cast<uint64_t>(number), 2); };
  if (seconds < 10) return fixed(seconds, 1) + " s";
  if (whole < 60) return str(whole, " s");
  if (whole < 3600) return str(whole / 60, " min ", two_digits(whole % 60), " s");
  return str(whole / 3600, " h ", two_digits(whole / 60 % 60), " min");
}

Progress::Progress(std::string label, int64_t total, std::string unit, int64_t done)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      first_(done),
      done_(done),
      start_(std::chrono::steady_clock::now()),
      shown_(start_) {
  keep();
}

Progress::~Progress() {
  if (done_ > first_) show(/*last=*/true);
}

void Progress::update(int64_t done, const std::string& note) {
  done_ = done;
  note_ = note;
  if (std::chrono::steady_clock::now() - kept_ >= kFileInterval || done == total_) keep();
  const auto interval = on_terminal() ? std::chrono::steady_clock::duration(kBarInterval)
                                      : std::chrono::steady_clock::duration(kLineInterval);
  if (std::chrono::steady_clock::now() - shown_ >= interval) show(/*last=*/false);
}

double Progress::rate() const {
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  return static_cast<double>(done_ - first_) / std::max(seconds.count(), 1e-3);
}

void Progress::keep() {
  if (!current_file) return;
  kept_ = std::chrono::steady_clock::now();
  const double speed = rate();
  Json json{{"stage", current_file->stage_},
            {"label", label_},
            {"done", done_},
            {"total", total_},
            {"unit", unit_},
            {"rate", speed},
            {"note", note_}};
  if (speed > 0 && total_ > 0) json["seconds_left"] = static_cast<double>(total_ - done_) / speed;
  json["time"] = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  current_file->write(to_line(json));
}

void Progress::show(bool last) {
  shown_ = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(shown_ - start_).count();
  const double rate = this->rate();
  std::string text = str("  ", label_, "  ");
  if (on_terminal() && total_ > 0)
    text += bar(static_cast<double>(done_) / static_cast<double>(total_)) + "  ";
  text += total_ > 0 ? str(done_, "/", total_, " ", unit_) : str(done_, " ", unit_);
  text += str("  ", fixed(rate, rate < 10 ? 2 : 0), "/s");
  if (last) {
    text += str("  ", format_duration(seconds));
  } else if (total_ > 0 && rate > 0) {
    text += str("  ", format_duration(static_cast<double>(total_ - done_) / rate), " left");
  }
  if (!note_.empty()) text += "  " + note_;
  if (last || !on_terminal()) {
    log_line(text);
  } else {
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
  }
}

}  // namespace selfreward
