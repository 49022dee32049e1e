#pragma once
// A part of tokenizer.json with its place in the file, so that an error names both:
//   JsonPart(json, "").at("pre_tokenizer").text("type")
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace selfreward {

class JsonPart {
 public:
  /// Points into `json`, which must outlive it; `where` is "" for the whole file.
  JsonPart(const LookupJson& json, std::string where) : json_(&json), where_(std::move(where)) {}

  /// Whether the key is there and not null.
  bool has(const std::string& key) const;
  /// The value of a key, or of an array or object under it; absent or of another type is an error.
  JsonPart at(const std::string& key) const;
  std::vector<JsonPart> list(const std::string& key) const;
  std::string text(const std::string& key) const;
  std::string text(const std::string& key, const std::string& fallback) const;
  /// A string of exactly one character.
  std::string character(const std::string& key) const;
  int64_t number(const std::string& key) const;
  bool flag(const std::string& key, bool fallback) const;

  /// Throws: the value of `key` is not supported, these are.
  [[noreturn]] void unsupported(const std::string& key, const std::string& supported) const;
  /// Throws: this part is `found`, which is not what was wanted.
  [[noreturn]] void wrong(const std::string& wanted) const;

  const LookupJson& json() const { return *json_; }
  const std::string& where() const { return where_; }

 private:
  std::string path(const std::string& key) const { return where_.empty() ? key : where_ + "." + key; }

  const LookupJson* json_;
  std::string where_;
};

/// The flat list of the parts of `part`: those under `key` of a "Sequence" (nested ones too), or itself.
std::vector<JsonPart> flatten_sequence(const JsonPart& part, const std::string& key);

}  // namespace selfreward
