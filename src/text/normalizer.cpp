#include "text/normalizer.h"

#include "text/split_pattern.h"

namespace selfreward {
namespace {

std::function<std::string(std::string)> read_step(const JsonPart& json) {
  const std::string type = json.text("type");
  if (type == "Prepend")
    return [prefix = json.text("prepend")](std::string text) { return text.empty() ? text : prefix + text; };
  if (type == "Replace")
    return [pattern = read_pattern(json.at("pattern")), content = json.text("content")](std::string text) {
      return replace_matches(pattern, text, content);
    };
  json.unsupported("type", "Prepend, Replace, Sequence");
}

}  // namespace

Normalizer::Normalizer(const JsonPart& json) {
  for (const JsonPart& step : flatten_sequence(json, "normalizers")) steps_.push_back(read_step(step));
}

std::string Normalizer::normalize(std::string text) const {
  for (const auto& step : steps_) text = step(std::move(text));
  return text;
}

}  // namespace selfreward
