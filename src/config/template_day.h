#pragma once
// The day that chat templates see: an output that goes on tomorrow has to stay the same.
#include "config/config.h"

namespace selfreward {

/// Fixes an empty model.chat_template_date: it becomes the day that an earlier call recorded in `earlier`, or
/// today. `earlier` is config.yaml of a run, a record of inputs (base/output.h), or a directory of an
/// evaluation, whose records are looked at; it need not exist. With `overwrite`, which makes the output anew,
/// it is not looked at.
void settle_date(RunConfig& config, const fs::path& earlier, bool overwrite);

}  // namespace selfreward
