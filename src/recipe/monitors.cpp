#include "recipe/monitors.h"

#include <algorithm>
#include <cmath>

#include "base/progress.h"
#include "evaluate/benchmarks/evaluation.h"
#include "evaluate/benchmarks/judge_summary.h"
#include "monitor/rules.h"
#include "monitor/values.h"
#include "report/curves.h"
#include "report/run_files.h"
#include "report/tensorboard.h"

namespace selfreward {
namespace {

/// Where a reading comes from.
struct Place {
  int64_t round;
  std::string stage;  // "candidates", "M2", ...
};

Json warning_row(const Place& place, const Reading& reading) {
  return {{"round", place.round},   {"stage", place.stage},   {"name", reading.name},
          {"value", reading.value}, {"limit", reading.limit}, {"text", reading.warning}};
}

bool is_same_warning(const Json& a, const Json& b) {
  for (const char* key : {"round", "stage", "name"})
    if (a.value(key, Json()) != b.value(key, Json())) return false;
  return true;
}

bool is_warning(const Reading& reading) {
  return !reading.warning.empty();
}

/// Adds what is beyond its limit to `rows`, unless it is among those that were `known`, which are not printed
/// again.
void add_warnings(const Place& place, const Readings& readings, const std::vector<Json>& known,
                  std::vector<Json>& rows) {
  const auto is_among = [](const std::vector<Json>& some, const Json& row) {
    return std::any_of(some.begin(), some.end(), [&](const Json& old) { return is_same_warning(old, row); });
  };
  for (const Reading& reading : readings) {
    if (!is_warning(reading)) continue;
    const Json row = warning_row(place, reading);
    if (is_among(rows, row)) continue;
    rows.push_back(row);
    if (!is_among(known, row))
      log_line(str("warning: round ", place.round, ", ", place.stage, ": ", reading.warning));
  }
}

/// A training's warnings are added step by step.
void note_warnings(const RunDirectory& run, const Place& place, const Readings& readings) {
  if (std::none_of(readings.begin(), readings.end(), is_warning)) return;
  const std::vector<Json> known = read_warnings(run.warnings());
  std::vector<Json> rows = known;
  add_warnings(place, readings, known, rows);
  write_warnings(run.warnings(), rows);
}

/// Those of a stage that was looked at whole take the place of what was said of it before.
void set_warnings(const RunDirectory& run, const Place& place, const Readings& readings) {
  const std::vector<Json> known = read_warnings(run.warnings());
  std::vector<Json> rows = known;
  std::erase_if(rows, [&](const Json& row) {
    const bool is_one_of_run = place.stage == "evaluation";  // its round is the last, whichever that was
    return row.value("stage", Json()) == place.stage &&
           (is_one_of_run || row.value("round", Json()) == place.round);
  });
  add_warnings(place, readings, known, rows);
  write_warnings(run.warnings(), rows);
}

void stop_where_asked(const MonitorSettings& limits, const Place& place, const Readings& readings) {
  const auto& names = limits.stop;
  for (const Reading& reading : readings)
    check(!is_warning(reading) || std::count(names.begin(), names.end(), reading.name) == 0,
          "[monitor] stopped by ", reading.name, " in round ", place.round, ", ", place.stage, ": ",
          reading.warning, " It is ", reading.value, ", its limit ", reading.limit,
          "; to go on, run the same command with another --set monitor.", reading.name,
          "=LIMIT or a monitor.stop without it");
}

/// Sets what the stage showed in M{t}/monitors.json.
void write_readings(const RunDirectory& run, const Place& place, const Json& figures,
                    const Readings& readings) {
  const fs::path path = run.round_monitors(place.round);
  Json all = fs::exists(path) ? read_json(path) : Json::object();
  Json monitors = Json::object();
  for (const Reading& reading : readings) {
    monitors[reading.name] = {{"value", reading.value}, {"limit", reading.limit}};
    if (is_warning(reading)) monitors[reading.name]["warning"] = reading.warning;
  }
  all[place.stage] = {{"figures", figures}, {"monitors", monitors}};
  write_file_atomically(path, all.dump(2) + "\n");
}

void watch(const MonitorSettings& limits, const RunDirectory& run, const Place& place, const Json& figures,
           const Readings& readings) {
  write_readings(run, place, figures, readings);
  set_warnings(run, place, readings);
  stop_where_asked(limits, place, readings);
}

Json with_beta(Json training, double beta) {
  training["beta"] = beta;
  return training;
}

/// {pairwise_accuracy, mean_score} of a model's judgements of the held-out ranked answers, of those that are
/// there.
Json judge_figures(const RunDirectory& run, int64_t t, const SeedData& data, double max_score) {
  const fs::path path = run.evaluation_records(model_name(t), "judgements");
  if (!fs::exists(path)) return Json::object();
  const auto judgements = read_jsonl<Judgement>(path);
  Json figures = Json::object();
  const auto accuracy =
      reward_metrics(scored_answers(data.held_out_ranked, judgements), max_score).pairwise_accuracy;
  if (accuracy) figures["pairwise_accuracy"] = *accuracy;
  if (const auto score = mean_score(judgements)) figures["mean_score"] = *score;
  return figures;
}

std::string percent_of(const Json& judge) {
  const Json& value = judge.at("gap_captured");
  return value.is_null() ? "-" : str(std::lround(100 * value.get<double>()), " %");
}

/// Throws Error where M1 judges no better than who knows nothing, or than chance (0): its pairs would teach nothing.
void check_gate(const RunConfig& config, const RunDirectory& run, const SeedData& data, double max_score) {
  const auto& held_out = data.held_out_ranked;
  const auto judged = read_jsonl<Judgement>(run.evaluation_records(model_name(1), "judgements"));
  const Json own = judge_summary(held_out, judged, max_score, evaluation_seed(config)),
             others = null_judges(held_out, max_score, evaluation_seed(config));
  const auto gap = [](const Json& judge) { return judge.at("gap_captured"); };
  const Json &random = others.at("random"), &longest = others.at("longest");
  const std::string figures = str("of the difference between best and worst answers of ", held_out.size(),
                                  " held-out prompts its scores capture ", percent_of(own), ", random ones ",
                                  percent_of(random), ", the longest answer ", percent_of(longest));
  if (gap(random).is_null())
    return log_line(str("  judge: not measured before round 1, as none of ", held_out.size(),
                        " held-out prompts has a better and a worse answer"));
  const auto beats = [&](const Json& other) { return !gap(own).is_null() && gap(own) > gap(other); };
  check(beats(random) && beats(longest) && gap(own) > 0, "[judge] M1 cannot judge: ", figures,
        ". Pairs that it chooses would teach nothing. Give it more EFT, or verdicts on its own answers "
        "(`selfreward eft`, judge.form checklist); or set judge.gate to false to go on all the same");
  log_line("  judge: " + figures);
}

}  // namespace

void watch_prompts(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                   const std::vector<Prompt>& prompts, const SeedData& data) {
  std::vector<std::string> earlier;
  for (int64_t before = 1; before < t; ++before)
    for (const Prompt& prompt : read_jsonl<Prompt>(run.round_records(before, "prompts")))
      earlier.push_back(prompt.text);
  const Json values = prompt_values(prompts, data.instructions(), earlier);
  watch(limits, run, {t, "prompts"}, values, prompt_readings(values, limits));
}

void watch_candidates(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                      const std::vector<Candidate>& candidates) {
  const Json figures = candidate_values(candidates);
  Json values = candidate_counts(candidates);
  values.update(figures);
  watch(limits, run, {t, "candidates"}, figures, candidate_readings(values, limits));
}

void watch_judgements(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                      const std::vector<Judgement>& judgements) {
  Json figures = Json::object(), values = judgement_counts(judgements);
  if (const auto noise = judge_noise(judgements)) figures["judge_noise"] = *noise;
  values.update(figures);
  watch(limits, run, {t, "judgements"}, figures, judgement_readings(values, limits));
}

void watch_pairs(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                 const std::vector<PreferencePair>& pairs) {
  Json values = read_json(run.round_summary(t));
  if (!pairs.empty()) values["preferences"] = pair_lengths(pairs);
  watch(limits, run, {t, "pairs"}, Json::object(), pair_readings(values, limits));
}

TrainingFiles watched_training(const Round& round, const std::string& name) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  run.name_stage("training/" + name);
  TrainingFiles files = run.training(name);
  auto rows = std::make_shared<std::vector<Json>>();
  auto events = std::make_shared<std::optional<TrainingEvents>>();
  if (config.report_to == "tensorboard") events->emplace(files.dir);
  files.logged = [&config = config, &run = run, t = t, name, rows, events](const Json& line) {
    if (!line.contains("loss")) return;                     // a comparison of early stopping
    rows->push_back(parse_json(to_line(line), "metrics"));  // as it is written: NaN becomes null
    if (*events) (*events)->add(line);
    const auto readings = training_readings(with_beta(training_ends(*rows), config.dpo.beta), config.monitor);
    note_warnings(run, {t, name}, readings);
    stop_where_asked(config.monitor, {t, name}, readings);
  };
  return files;
}

void watch_trained(const Round& round, const std::string& name) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  const TrainingFiles files = run.training(name);
  if (config.report_to == "tensorboard") write_training_events(files);
  if (t == 0) return;  // there is no directory of a round
  const Json training = with_beta(training_ends(read_metrics(files.metrics())), config.dpo.beta);
  write_readings(run, {t, name}, Json::object(), training_readings(training, config.monitor));
}

void watch_judge(const Round& round, Policy& policy, const SeedData& data, const Rubric& rubric) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  if (!config.evaluate.enabled || data.held_out_ranked.empty()) return;
  const EvaluatedModel judge{{model_name(t), run.model(t)}, [&]() -> Policy& { return policy; }};
  judge_held_out(config, run, judge, data.held_out_ranked, rubric);
  const Json first = judge_figures(run, 1, data, rubric.max_score),
             own = judge_figures(run, t, data, rubric.max_score);
  watch(config.monitor, run, {t, "judge"}, {{"held_out_judge", own}},
        judge_readings(first, own, rubric.max_score, config.monitor));
  if (t == 1 && config.judge.gate && config.judge.kind == "self")
    check_gate(config, run, data, rubric.max_score);
}

void watch_evaluation(const MonitorSettings& limits, const RunDirectory& run, int64_t last_model) {
  const Json evaluation = read_evaluation(run);
  set_warnings(run, {last_model, "evaluation"}, evaluation_readings(evaluation, limits));
}

}  // namespace selfreward
