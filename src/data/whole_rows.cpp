#include "data/whole_rows.h"

namespace selfreward {

std::vector<Json> read_whole_rows(const fs::path& path) {
  std::vector<Json> rows;
  if (!fs::is_regular_file(path)) return rows;
  for (const std::string& line : read_lines(path)) {
    Json row = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (row.is_object()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace selfreward
