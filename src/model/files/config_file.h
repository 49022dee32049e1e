#pragma once
// A JSON file of a checkpoint, read key by key; every complaint says file, key and value.
//   const ConfigFile file("M0/config.json");
//   const int64_t layers = file.integer("num_hidden_layers");
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace selfreward {

class ConfigFile {
 public:
  /// Throws Error unless the file is one JSON object.
  explicit ConfigFile(const fs::path& path);

  const std::string& path() const { return path_; }
  const Json& json() const { return json_; }
  /// The value of `key`, or null where it is absent.
  Json get(const std::string& key) const { return json_.value(key, Json()); }

  /// Throws Error: `key` is `value`, expected `wanted`.
  [[noreturn]] void refuse(const std::string& key, const Json& value, const std::string& wanted) const;
  /// Refuses every value of `key` but `wanted` and absence.
  void require(const std::string& key, const Json& wanted) const;

  /// The value of `key`; where it is absent or null `otherwise`, or an error without one.
  int64_t integer(const std::string& key, std::optional<int64_t> otherwise = {}) const;
  double number(const std::string& key, double otherwise) const;
  bool boolean(const std::string& key, bool otherwise) const;
  /// `value`, found at `key`, as a number.
  double number_in(const std::string& key, const Json& value) const;
  /// A token id, or a list of them, or nothing. A negative id means "none" in old checkpoints.
  std::vector<int64_t> ids(const std::string& key) const;

 private:
  std::string path_;
  Json json_;
};

}  // namespace selfreward
