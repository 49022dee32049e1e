#include "report/run_view.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/progress.h"
#include "base/text_util.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "data/whole_rows.h"
#include "model/files/checkpoint_files.h"
#include "report/report.h"
#include "report/run_files.h"

namespace selfreward {
namespace {

constexpr size_t kCurveWidth = 32;
constexpr size_t kShownWarnings = 6;
constexpr double kOld = 15;  // seconds: a progress that is older says so

/// The file as JSON; null where it is missing or not whole.
Json read_tolerantly(const fs::path& path) {
  if (!fs::is_regular_file(path)) return nullptr;
  return Json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
}

std::string text_at(const Json& json, const char* key) {
  const Json value = json.is_object() ? json.value(key, Json()) : Json();
  return value.is_string() ? value.get<std::string>() : "";
}

std::string number(const std::optional<double>& value, int decimals) {
  return fixed_or(value, decimals, "-");
}

int64_t last_model(const RunPaths& run) {
  try {
    const YAML::Node config = parse_yaml(read_file(run.settings()), "");
    return config["last_model"].as<int64_t>(-1);
  } catch (const std::exception&) {
    return -1;
  }
}

/// "running", "finished" or "stopped".
std::string state_of(const RunPaths& run) {
  if (is_at_work(run.root())) return "running";
  const int64_t last = last_model(run);
  const bool made = last > 0 && has_model_config(run.model(last)) && fs::exists(run.report());
  return made ? "finished" : "stopped; run the same command again to go on";
}

std::string bar(double share) {
  constexpr int kWidth = 24;
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kWidth));
  std::string text;
  for (int i = 0; i < kWidth; ++i) text += i < full ? "━" : "─";
  return text;
}

std::string progress_line(const Json& progress, double now) {
  const auto done = number_at(progress, "/done"), total = number_at(progress, "/total");
  if (!done) return "";
  std::string text = str("stage    ", text_at(progress, "stage"), "  ", text_at(progress, "label"), "  ");
  if (total && *total > 0) text += bar(*done / *total) + "  ";
  text += number(done, 0);
  if (total && *total > 0) text += "/" + number(total, 0);
  text += " " + text_at(progress, "unit");
  const auto rate = number_at(progress, "/rate"), left = number_at(progress, "/seconds_left"),
             time = number_at(progress, "/time");
  if (rate && *rate > 0) text += "  " + number(rate, *rate < 10 ? 2 : 0) + "/s";
  const double age = time ? std::max(0.0, now - *time) : 0;
  if (left && *left > age) text += "  " + format_duration(*left - age) + " left";
  if (const std::string note = text_at(progress, "note"); !note.empty()) text += "  " + note;
  if (age > kOld) text += "  (" + format_duration(age) + " ago)";
  return text + "\n";
}

/// The name of the training that was written to last; empty where there is none.
std::string newest_training(const RunPaths& run) {
  const auto written = [&](const std::string& name) {
    return fs::last_write_time(run.training(name).metrics());
  };
  std::string newest;
  for (const std::string& name : model_directories(run.trainings())) {
    if (!fs::exists(run.training(name).metrics())) continue;
    if (newest.empty() || written(name) >= written(newest)) newest = name;
  }
  return newest;
}

std::string curve_line(const std::vector<Json>& rows, const char* key) {
  std::vector<double> values;
  for (const Json& row : rows)
    if (const auto value = number_at(row, str("/", replace_all(key, "/", "~1")))) values.push_back(*value);
  if (values.empty()) return "";
  return str("  ", pad_right(key, 19), sparkline(values, kCurveWidth), "  ", significant(values.front(), 4),
             " -> ", significant(values.back(), 4), "\n");
}

std::string training_part(const RunPaths& run) {
  const std::string name = newest_training(run);
  const auto rows = name.empty() ? std::vector<Json>() : read_whole_rows(run.training(name).metrics());
  if (rows.empty()) return "";
  std::string text = str("\ntraining ", name, "  step ", number(number_at(rows.back(), "/step"), 0),
                         "  epoch ", number(number_at(rows.back(), "/epoch"), 2), "\n");
  for (const char* key : {"loss", "grad_norm", "learning_rate", "rewards/chosen", "rewards/rejected",
                          "rewards/margins", "rewards/accuracies", "logps/chosen", "replay_loss"})
    text += curve_line(rows, key);
  return text;
}

std::string round_line(const Json& round) {
  const auto prompts = number_at(round, "/prompts"),
             ties = number_at(round, round.contains("tied_prompts") ? "/tied_prompts" : "/pair_drops/tie");
  const auto share =
      prompts && *prompts > 0 ? std::optional(100 * ties.value_or(0) / *prompts) : std::nullopt;
  std::vector<double> counts;
  if (const Json scores = round.value("score_histogram", Json()); scores.is_object())
    for (const auto& [score, count] : scores.items())
      if (count.is_number()) counts.push_back(count.get<double>());
  const std::string text =
      str("  ", pad_left(number(number_at(round, "/t"), 0), 2), "  ", pad_left(number(prompts, 0), 7), "  ",
          pad_left(number(number_at(round, "/candidates"), 0), 7), "  ",
          pad_left(number(number_at(round, "/pairs"), 0), 6), "  ", pad_left(number(share, 1), 6), "  ",
          pad_left(number(number_at(round, "/score_mean"), 2), 6), "  ",
          pad_left(number(number_at(round, "/score_std"), 2), 5), "  ");
  return text + sparkline(counts, counts.size()) + "\n";
}

std::string rounds_part(const RunPaths& run) {
  std::string lines;
  for (const int64_t t : numbers_of_models(run))
    if (const Json round = read_tolerantly(run.round_summary(t)); round.is_object())
      lines += round_line(round);
  if (lines.empty()) return "";
  return "\nround  prompts  answers   pairs  ties %   score  +-     scores\n" + lines;
}

std::string evaluation_part(const RunPaths& run) {
  return fs::exists(run.evaluation_summary()) ? "\n" + result_table(run.root()) : "";
}

std::string warnings_part(const RunPaths& run) {
  const auto rows = read_whole_rows(run.warnings());
  if (rows.empty()) return "";
  std::string text = str("\nwarnings  ", rows.size(), "\n");
  for (size_t i = rows.size() - std::min(rows.size(), kShownWarnings); i < rows.size(); ++i)
    text += str("  round ", number(number_at(rows[i], "/round"), 0), ", ", text_at(rows[i], "stage"), ": ",
                text_at(rows[i], "text"), "\n");
  return text;
}

/// A part of the screen; nothing where a file is damaged (`report` says which) or just went away.
template <typename Part>
std::string if_readable(Part part) {
  try {
    return part();
  } catch (const std::exception&) {
    return "";
  }
}

}  // namespace

std::string run_view(const fs::path& run_dir, double now) {
  const RunPaths run(run_dir);
  std::string text = if_readable([&] {
    return str("run      ", run_dir.string(), "  ", state_of(run), "\n",
               progress_line(read_tolerantly(run.progress()), now));
  });
  for (const auto part : {training_part, rounds_part, evaluation_part, warnings_part})
    text += if_readable([&] { return part(run); });
  return text;
}

bool is_at_work(const fs::path& run_dir) {
  struct stat lock {};
  if (::stat(RunPaths(run_dir).lock().c_str(), &lock) != 0 || !fs::exists("/proc/locks")) return false;
  const std::string inode = str(":", lock.st_ino);
  for (const std::string& line : read_lines("/proc/locks"))
    for (const std::string& word : split_words(line))
      if (word.ends_with(inode) && line.find("FLOCK") != std::string::npos) return true;
  return false;
}

std::string sparkline(const std::vector<double>& values, size_t width) {
  static constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty() || width == 0) return "";
  const size_t points = std::min(width, values.size());
  std::vector<double> means;
  for (size_t i = 0; i < points; ++i) {
    const size_t begin = i * values.size() / points, end = (i + 1) * values.size() / points;
    double sum = 0;
    for (size_t j = begin; j < end; ++j) sum += values[j];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  const auto [least, most] = std::minmax_element(means.begin(), means.end());
  const double low = *least, range = *most - *least;
  std::string text;
  for (const double mean : means)
    text += kBlocks[range > 0 ? std::min<size_t>(7, static_cast<size_t>(8 * (mean - low) / range)) : 3];
  return text;
}

std::string clipped_to(const std::string& text, size_t width, size_t height) {
  std::string out;
  size_t columns = 0, lines = 0;
  for (const char c : text) {
    if (c == '\n') {
      if (++lines == height) return out;
      columns = 0;
    } else if (!is_continuation_byte(c)) {
      ++columns;  // a character begins here
    }
    if (c == '\n' || columns <= width) out += c;
  }
  return out;
}

}  // namespace selfreward
