#pragma once
// Records as JSON lines.
#include "base/files.h"
#include "data/records.h"

namespace selfreward {

/// The records of a JSONL file. A bad line is an error with its file, line and reason; blank lines are
/// skipped.
template <typename Record>
std::vector<Record> read_jsonl(const fs::path& path) {
  std::vector<Record> records;
  const auto lines = read_lines(path);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::string where = str(path.string(), ", line ", i + 1);
    try {
      records.push_back(parse_json(lines[i], where).template get<Record>());
    } catch (const nlohmann::json::exception& e) {
      fail("[jsonl] ", where, ": ", e.what());
    }
  }
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
