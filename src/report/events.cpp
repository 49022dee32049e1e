#include "report/events.h"

#include <set>

namespace selfreward {
namespace {

std::string text_at(const Json& row, const char* key) {
  const auto value = row.find(key);
  return value != row.end() && value->is_string() ? value->get<std::string>() : "";
}

/// "Round 2, judge"; either part may be missing.
std::string where_of(const Json& row) {
  const auto round = row.find("round");
  const std::string stage = text_at(row, "stage");
  if (round == row.end() || !round->is_number_integer()) return stage.empty() ? "Run" : stage;
  return str("Round ", round->get<int64_t>(), stage.empty() ? "" : ", ", stage);
}

Json warning_of(const Json& row) {
  Json warning{{"where", where_of(row)}, {"text", text_at(row, "text")}};
  for (const char* key : {"name", "value", "limit"})
    if (row.contains(key) && row[key].is_primitive()) warning[key] = row[key];
  return warning;
}

}  // namespace

Json merge_warnings(const fs::path& path, const Json& found) {
  Json warnings = Json::array();
  std::set<std::string> texts;
  const auto lines = fs::exists(path) ? read_lines(path) : std::vector<std::string>();
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || (i + 1 == lines.size() && !Json::accept(lines[i]))) continue;
    const std::string where = str(path.string(), ", line ", i + 1);
    const Json row = parse_json(lines[i], where);
    check(row.is_object(), "[report] ", where, " is not a JSON object; was the file edited?");
    warnings.push_back(warning_of(row));
    texts.insert(text_at(row, "text"));
  }
  for (const Json& warning : found)
    if (!texts.contains(text_at(warning, "text"))) warnings.push_back(warning);
  return warnings;
}

}  // namespace selfreward
