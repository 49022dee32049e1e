#include "data/jsonl.h"

#include "base/json_reason.h"

namespace selfreward {

void for_each_line(const fs::path& path, const std::function<void(const Json&)>& take) {
  const auto lines = read_lines(path);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::string where = str(path.string(), ", line ", i + 1);
    const Json json = parse_json(lines[i], where);
    try {
      take(json);
    } catch (const nlohmann::json::exception& e) {
      fail("[jsonl] ", where, ": ", reason_of(e));
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& e) {  // of a record, which does not know where it stands
      fail("[jsonl] ", where, ": ", e.what());
    }
  }
}

}  // namespace selfreward
