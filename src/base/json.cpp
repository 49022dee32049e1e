#include "base/json.h"

#include "base/json_reason.h"

namespace selfreward {

template <typename J>
J parse_json(std::string_view text, const std::string& where) {
  try {
    return J::parse(text);
  } catch (const nlohmann::json::exception& e) {
    fail("[json] ", where, " is not valid JSON: ", reason_of(e));
  }
}

template <typename J>
J read_json(const fs::path& path) {
  return parse_json<J>(read_file(path), path.string());
}

template Json parse_json<Json>(std::string_view text, const std::string& where);
template LookupJson parse_json<LookupJson>(std::string_view text, const std::string& where);
template Json read_json<Json>(const fs::path& path);
template LookupJson read_json<LookupJson>(const fs::path& path);

std::optional<double> number_at(const Json& json, const std::string& pointer) {
  const Json::json_pointer where(pointer);
  if (!json.contains(where) || !json.at(where).is_number()) return std::nullopt;
  return json.at(where).get<double>();
}

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace selfreward
