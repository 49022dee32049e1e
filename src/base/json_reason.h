#pragma once
// What the JSON library found, in its words but without the name and number of its exception.
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"

namespace selfreward {

/// "key 'token_ids' not found".
inline std::string reason_of(const nlohmann::json::exception& error) {
  const std::string text = error.what();
  const size_t name_end = text.starts_with('[') ? text.find("] ") : std::string::npos;
  return name_end == std::string::npos ? text : text.substr(name_end + 2);
}

/// json[key], put into `value`; an Error, which begins with `where`, names the key where it is of another type.
template <typename JsonValue, typename T>
void take(const JsonValue& json, const char* key, T& value, const char* where = "[records] ") {
  if (!json.is_object()) fail(where, "found ", json.type_name(), ", wanted an object with \"", key, '"');
  try {
    json.at(key).get_to(value);
  } catch (const nlohmann::json::type_error& error) {
    fail(where, '"', key, "\": ", reason_of(error));
  }
}

}  // namespace selfreward
