#include "report/tensorboard.h"

#include "report/curves.h"
#include "report/event_file.h"
#include "report/run_files.h"

namespace selfreward {
namespace {

/// Every number of `json` under its path: {"gold": {"mean": 4}} gives gold/mean.
void add_numbers(const Json& json, const std::string& path, Scalars& scalars) {
  if (json.is_number()) scalars.emplace_back(path, json.get<double>());
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.items()) add_numbers(value, str(path, "/", key), scalars);
}

std::string metrics_event(const Json& line) {
  Scalars scalars;
  for (const auto& [key, value] : line.items())
    if (key != "step" && value.is_number()) scalars.emplace_back("train/" + key, value.get<double>());
  return summary_event(line.at("step").get<int64_t>(), scalars);
}

Histogram to_histogram(const Json& json) {
  return {json.at("min"),         json.at("max"),          json.at("num"),   json.at("sum"),
          json.at("sum_squares"), json.at("bucket_limit"), json.at("bucket")};
}

/// Scores and how often each was given; a bucket ends half a point above its score.
Histogram score_histogram(const Json& counts) {
  std::map<double, double> by_score;
  for (const auto& [score, count] : counts.items()) by_score[std::strtod(score.c_str(), nullptr)] = count;
  Histogram histogram;
  if (by_score.empty()) return histogram;
  histogram.min = by_score.begin()->first;
  histogram.max = by_score.rbegin()->first;
  for (const auto& [score, count] : by_score) {
    histogram.num += count;
    histogram.sum += score * count;
    histogram.sum_squares += score * score * count;
    histogram.bucket_limit.push_back(score + 0.5);
    histogram.bucket.push_back(count);
  }
  return histogram;
}

Json read_if_there(const fs::path& path) {
  return fs::exists(path) ? read_json(path) : Json::object();
}

std::string round_event(const RunPaths& run, int64_t t) {
  Scalars scalars;
  Histograms histograms;
  Json round = read_if_there(run.round_summary(t));
  if (const Json scores = round.value("score_histogram", Json::object()); !scores.empty())
    histograms.emplace_back("round/scores", score_histogram(scores));
  round.erase("t");
  round.erase("score_histogram");
  add_numbers(round, "round", scalars);
  const Json stages = read_if_there(run.round_monitors(t));
  for (const auto& [stage, read] : stages.items()) {
    const Json monitors = read.value("monitors", Json::object());
    for (const auto& [name, reading] : monitors.items())
      add_numbers(reading.at("value"), "monitor/" + name, scalars);
    const Json figures = read.value("figures", Json::object());
    if (figures.contains("answer_tokens") && figures["answer_tokens"].is_object())
      histograms.emplace_back("round/answer_tokens", to_histogram(figures["answer_tokens"]));
  }
  return summary_event(t, scalars, histograms);
}

std::string evaluation_event(const Json& model) {
  Scalars scalars;
  add_numbers(model, "evaluation", scalars);
  return summary_event(model_number(model["name"]).value_or(0), scalars);
}

}  // namespace

TrainingEvents::TrainingEvents(const fs::path& dir) {
  make_directories(dir);
  file_.open(dir / kEventFile, std::ios::binary | std::ios::trunc);
  file_ << version_event() << std::flush;
  check(file_.good(), "[tensorboard] cannot write ", (dir / kEventFile).string(), "; is the disk full?");
}

void TrainingEvents::add(const Json& line) {
  file_ << metrics_event(line) << std::flush;
  check(file_.good(), "[tensorboard] cannot write ", kEventFile, "; is the disk full?");
}

void write_training_events(const TrainingFiles& files) {
  std::string events = version_event();
  for (const Json& line : read_metrics(files.metrics())) events += metrics_event(line);
  write_file_atomically(files.dir / kEventFile, events);
}

void write_round_events(const RunPaths& run) {
  std::string events = version_event();
  for (const int64_t t : numbers_of_models(run))
    if (fs::exists(run.round_summary(t))) events += round_event(run, t);
  const Json evaluation = read_evaluation(run);
  const Json models = evaluation.value("models", Json::array());
  for (const Json& model : models) events += evaluation_event(model);
  write_file_atomically(run.root() / kEventFile, events);
}

}  // namespace selfreward
