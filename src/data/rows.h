#pragma once
// The rows of a data file, one JSON object each: JSON lines, or one JSON array of objects.
#include <functional>

#include "base/files.h"
#include "base/json.h"

namespace selfreward {

struct Row {
  Json value;         // an object
  std::string where;  // "data.jsonl, line 12": the start of every error about this row
  std::string id;     // "data-12": file stem and number of the line (JSONL) or element (array), from 1
};

/// Calls `use` with each row in the order of the file; blank lines are skipped. Throws Error with file, line
/// and reason when a row is not a JSON object.
void for_each_row(const fs::path& path, const std::function<void(const Row&)>& use);

/// The non-empty string at `key`. Throws Error with the row's place when it is missing, of another type or
/// blank.
const std::string& text_at(const Json& object, const char* key, const std::string& where);

/// "instruction, input, output": the keys of an object, for errors.
std::string key_list(const Json& object);

}  // namespace selfreward
