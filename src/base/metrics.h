#pragma once
// Metrics as JSON lines, named as TRL names them (rewards/margins, grad_norm, ...).
#include <optional>

#include "base/files.h"
#include "base/json.h"

namespace selfreward {

/// Appends one JSON object per call to metrics.jsonl.
class MetricsLog {
 public:
  explicit MetricsLog(const fs::path& path) : log_(path) {}
  void write(const Json& metrics) { log_.append(to_line(metrics)); }

 private:
  AppendLog log_;
};

}  // namespace selfreward
