#pragma once
// What should make a reader doubt a run, in plain sentences: the rules of monitor/rules.h on a whole report.
#include "base/json.h"

namespace selfreward {

/// [{where, text}] for the object of collect_report (without its warnings), first round first.
Json find_warnings(const Json& report);

}  // namespace selfreward
