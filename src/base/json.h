#pragma once
// JSON with the order of its keys kept (what we write) and with fast look-up (large files we read).
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/files.h"

namespace selfreward {

using Json = nlohmann::ordered_json;  // records, reports, metrics: people read them
using LookupJson = nlohmann::json;    // tokenizer.json and other files with ten thousands of keys

/// Parses text; a syntax error names `where` and the position.
template <typename J = Json>
J parse_json(std::string_view text, const std::string& where) {
  try {
    return J::parse(text);
  } catch (const nlohmann::json::exception& e) {
    fail("[json] ", where, " is not valid JSON: ", e.what());
  }
}

template <typename J = Json>
J read_json(const fs::path& path) {
  return parse_json<J>(read_file(path), path.string());
}

/// The number at a JSON pointer ("/gold/sampled/mean"); empty if there is none.
inline std::optional<double> number_at(const Json& json, const std::string& pointer) {
  const Json::json_pointer where(pointer);
  if (!json.contains(where) || !json.at(where).is_number()) return std::nullopt;
  return json.at(where).get<double>();
}

/// One line of JSON; bytes that are not UTF-8 (a cut-off character of a model's reply) become U+FFFD.
inline std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace selfreward
