#include "base/json.h"

#include "base/json_reason.h"

namespace selfreward {
namespace {

/// Values are copied by recursion, which a text of nothing but brackets must not exhaust.
void check_depth(std::string_view text, const std::string& where) {
  constexpr int kDeepest = 200;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (in_string) {
      i += c == '\\';
      continue;
    }
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (depth > kDeepest) fail("[json] ", where, ": nested more than ", kDeepest, " levels deep");
  }
}

}  // namespace

template <typename J>
J parse_json(std::string_view text, const std::string& where) {
  check_depth(text, where);
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
