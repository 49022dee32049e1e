#pragma once
// Metadata of a GGUF file, key by key, with errors that name file, key and value.
#include <optional>
#include <string>

#include "model/gguf/file.h"

namespace selfreward {

/// The value of `key`, or null.
inline Json gguf_value(const GgufFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? Json() : found->second;
}

[[noreturn]] inline void refuse_gguf_value(const GgufFile& file, const std::string& key,
                                           const std::string& wanted) {
  const Json value = gguf_value(file, key);
  const std::string found = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  fail("[gguf] ", file.path, ": ", key, value.is_null() ? " is missing" : " is " + found.substr(0, 80),
       ", expected ", wanted);
}

inline std::optional<int64_t> gguf_integer(const GgufFile& file, const std::string& key) {
  const Json value = gguf_value(file, key);
  if (value.is_null()) return std::nullopt;
  const bool fits = value.is_number_integer() &&
                    !(value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX});
  if (!fits) refuse_gguf_value(file, key, "one whole number");
  return value.get<int64_t>();
}

inline std::optional<double> gguf_number(const GgufFile& file, const std::string& key) {
  const Json value = gguf_value(file, key);
  if (value.is_null()) return std::nullopt;
  if (!value.is_number()) refuse_gguf_value(file, key, "a number");
  return value.get<double>();
}

inline std::optional<bool> gguf_bool(const GgufFile& file, const std::string& key) {
  const Json value = gguf_value(file, key);
  if (value.is_null()) return std::nullopt;
  if (!value.is_boolean()) refuse_gguf_value(file, key, "true or false");
  return value.get<bool>();
}

inline std::optional<std::string> gguf_string(const GgufFile& file, const std::string& key) {
  const Json value = gguf_value(file, key);
  if (value.is_null()) return std::nullopt;
  if (!value.is_string()) refuse_gguf_value(file, key, "text");
  return value.get<std::string>();
}

}  // namespace selfreward
