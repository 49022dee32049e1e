#include "text/tokenizer/json.h"

#include <algorithm>

#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

constexpr size_t kMaxPath = 500;  // a longer one is of parts nested without end
constexpr size_t kMaxShown = 200;

/// A value for an error message: one line, not too long, not too deep.
std::string shown(const LookupJson& json) {
  const auto structured = [](const LookupJson& value) { return value.is_structured(); };
  const bool nested = json.is_structured() && std::any_of(json.begin(), json.end(), structured);
  if (nested || (json.is_structured() && json.size() > 20)) return str(json.type_name(), " of ", json.size());
  const std::string text = json.dump(-1, ' ', false, LookupJson::error_handler_t::replace);
  return text.size() <= kMaxShown ? text : str(json.type_name(), " of ", text.size(), " characters");
}

}  // namespace

bool JsonPart::has(const std::string& key) const {
  return json_->is_object() && json_->contains(key) && !(*json_)[key].is_null();
}

JsonPart JsonPart::at(const std::string& key) const {
  check(has(key), path(key), " is missing");
  return {(*json_)[key], path(key)};
}

std::vector<JsonPart> JsonPart::list(const std::string& key) const {
  const JsonPart array = at(key);
  if (!array.json().is_array()) array.wrong("an array");
  std::vector<JsonPart> parts;
  for (const LookupJson& element : array.json())
    parts.emplace_back(element, str(path(key), "[", parts.size(), "]"));
  return parts;
}

std::string JsonPart::text(const std::string& key) const {
  const JsonPart value = at(key);
  if (!value.json().is_string()) value.wrong("a string");
  return value.json().get<std::string>();
}

std::string JsonPart::text(const std::string& key, const std::string& fallback) const {
  return has(key) ? text(key) : fallback;
}

std::string JsonPart::character(const std::string& key) const {
  const std::string content = text(key);
  if (content.empty() || utf8_character(content, 0).length != content.size()) at(key).wrong("one character");
  return content;
}

int64_t JsonPart::number(const std::string& key) const {
  const JsonPart value = at(key);
  if (!value.json().is_number_integer()) value.wrong("an integer");
  return value.json().get<int64_t>();
}

bool JsonPart::flag(const std::string& key, bool fallback) const {
  if (!has(key)) return fallback;
  const JsonPart value = at(key);
  if (!value.json().is_boolean()) value.wrong("true or false");
  return value.json().get<bool>();
}

void JsonPart::unsupported(const std::string& key, const std::string& supported) const {
  fail(path(key), " is ", has(key) ? shown((*json_)[key]) : "missing",
       ", which is not supported; supported: ", supported);
}

void JsonPart::wrong(const std::string& wanted) const {
  fail(where_, " is ", shown(*json_), ", expected ", wanted);
}

std::vector<JsonPart> flatten_sequence(const JsonPart& part, const std::string& key) {
  if (part.text("type") != "Sequence") return {part};
  check(part.where().size() < kMaxPath, part.where().substr(0, kMaxPath), "... is nested too deeply");
  std::vector<JsonPart> flat;
  for (const JsonPart& inner : part.list(key))
    for (JsonPart& leaf : flatten_sequence(inner, key)) flat.push_back(std::move(leaf));
  return flat;
}

}  // namespace selfreward
