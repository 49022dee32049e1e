#pragma once
// The containers that rows lie in. Each hands out JSON values from front to back; rows.h puts places to them.
#include <functional>

#include "base/files.h"
#include "base/json.h"

namespace selfreward {

/// Takes the value at `number` (from 1) of the container's `unit` ("line", "row"); false ends the reading.
using UseValue = std::function<bool(Json value, const char* unit, int64_t number)>;

/// JSON lines, or one JSON array, either of them packed by gzip or not. One row is in memory at a time. Blank
/// lines are skipped. Throws Error with file, line or row, and reason.
void for_each_json_value(const fs::path& path, const UseValue& use);

/// Apache Parquet, all row groups: a row becomes an object with the columns' names. Lists become arrays,
/// structs objects, dictionary columns their values, missing numbers (NaN) null, times text as Arrow prints
/// them, and bytes stay binary values. Throws Error with file and reason; where the program was built without
/// Arrow, always.
void for_each_parquet_value(const fs::path& path, const UseValue& use);

}  // namespace selfreward
