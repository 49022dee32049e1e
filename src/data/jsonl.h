#pragma once
// Records as JSON lines.
#include <functional>

#include "base/files.h"
#include "data/records.h"

namespace selfreward {

/// Calls `take` with the object of each line that is not blank. A bad line, also one that `take` cannot use,
/// is an error with its file, line and reason.
void for_each_line(const fs::path& path, const std::function<void(const Json&)>& take);

/// The records of a JSONL file; errors as there.
template <typename Record>
std::vector<Record> read_jsonl(const fs::path& path) {
  std::vector<Record> records;
  for_each_line(path, [&](const Json& json) { records.push_back(json.get<Record>()); });
  return records;
}

template <typename Record>
std::string to_jsonl(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records) text += to_line(Json(record));
  return text;
}

template <typename Record>
void write_jsonl(const fs::path& path, const std::vector<Record>& records) {
  write_file_atomically(path, to_jsonl(records));
}

}  // namespace selfreward
