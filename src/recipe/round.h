#pragma once
// What makes a stage of the loop one of this run and of this round.
#include "run/directory.h"

namespace selfreward {

/// Round t of a run, in which M_t makes M_{t+1}; 0 is what comes before M1. Settings and directory are the
/// caller's.
struct Round {
  const RunConfig& config;
  RunDirectory& run;
  int64_t t;
};

}  // namespace selfreward
