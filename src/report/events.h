#pragma once
// The warnings of a report: what the monitors wrote down while the run went on, and what the report itself
// finds.
#include "base/json.h"

namespace selfreward {

/// [{where, text, name, value, limit}] of a run's warnings.jsonl, one row {round, stage, name, value, limit,
/// text} each, followed by those of `found` ([{where, text}]) whose text is not among them. The last line may
/// be half of one, as the run may be under way.
Json merge_warnings(const fs::path& path, const Json& found);

}  // namespace selfreward
