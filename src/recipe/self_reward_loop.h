#pragma once
// The loop of self-rewarding training; its .cpp file is the algorithm of the paper on one page.
#include "run/directory.h"

namespace selfreward {

/// Runs M0 -> M1 -> ... -> config.last_model in the run directory, evaluates every model and writes the
/// report. What is finished there is not done again; where it was made from other inputs that is an Error,
/// or, with `overwrite`, it is made again.
void self_reward_loop(const RunConfig& config, RunDirectory& run, bool overwrite);

}  // namespace selfreward
