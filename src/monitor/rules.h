#pragma once
// The rules of the monitors: from the numbers of a stage to readings against their limits, with a sentence
// where one is beyond it. The run asks while it works, the report afterwards: there is no second set of
// rules.
#include "base/json.h"
#include "config/monitor_settings.h"

namespace selfreward {

struct Reading {
  std::string name;  // of its setting, monitor.NAME; "gold", ... where it has none
  double value = 0, limit = 0;
  std::string warning;  // empty while the value is within its limit
};
using Readings = std::vector<Reading>;

// A value that is not there gives no reading. `round` has the keys of round.json, of prompt_values,
// candidate_values and judge_noise, and /preferences/{chosen,rejected}_length.
Readings prompt_readings(const Json& round, const MonitorSettings& limits);
Readings candidate_readings(const Json& round, const MonitorSettings& limits);
Readings judgement_readings(const Json& round, const MonitorSettings& limits);
Readings pair_readings(const Json& round, const MonitorSettings& limits);

/// `training` is training_ends() with the "beta" of a DPO training.
Readings training_readings(const Json& training, const MonitorSettings& limits);

/// A later model as judge of the held-out ranked answers against M1: {pairwise_accuracy, mean_score} of
/// each, and the largest score of the rubric.
Readings judge_readings(const Json& first, const Json& later, double max_score,
                        const MonitorSettings& limits);

/// The last model of an evaluation.json against M1, null judges and the true score.
Readings evaluation_readings(const Json& evaluation, const MonitorSettings& limits);

}  // namespace selfreward
