#pragma once
// What the JSON library found, in its words but without the name and number of its exception.
#include <nlohmann/json.hpp>
#include <string>

namespace selfreward {

/// "key 'token_ids' not found".
inline std::string reason_of(const nlohmann::json::exception& error) {
  const std::string text = error.what();
  const size_t name_end = text.starts_with('[') ? text.find("] ") : std::string::npos;
  return name_end == std::string::npos ? text : text.substr(name_end + 2);
}

}  // namespace selfreward
