#include "text/tokenizer/normalizer.h"

#include <optional>

#include "text/tokenizer/split_pattern.h"
#include "text/unicode/form.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

using Normalization = std::function<std::string(std::string)>;

std::optional<UnicodeForm> unicode_form(const std::string& type) {
  if (type == "NFC") return UnicodeForm::nfc;
  if (type == "NFD") return UnicodeForm::nfd;
  if (type == "NFKC") return UnicodeForm::nfkc;
  if (type == "NFKD") return UnicodeForm::nfkd;
  return std::nullopt;
}

Normalization read_strip_spaces(const JsonPart& json) {
  return [left = json.flag("strip_left", true),
          right = json.flag("strip_right", true)](const std::string& text) {
    const size_t begin = left ? spaces_end(text, 0) : 0;
    const size_t end = right ? spaces_begin(text, text.size()) : text.size();
    return begin < end ? text.substr(begin, end - begin) : "";
  };
}

Normalization read_replacement(const JsonPart& json) {
  return [pattern = read_pattern(json.at("pattern")), content = json.text("content")](
             const std::string& text) { return replace_matches(pattern, text, content); };
}

Normalization read_normalization(const JsonPart& json) {
  const std::string type = json.text("type");
  if (const auto form = unicode_form(type))
    return [form](const std::string& text) { return to_unicode_form(text, *form); };
  if (type == "Prepend")
    return [prefix = json.text("prepend")](const std::string& text) {
      return text.empty() ? text : prefix + text;
    };
  if (type == "Replace") return read_replacement(json);
  if (type == "Strip") return read_strip_spaces(json);
  json.unsupported("type", "NFC, NFD, NFKC, NFKD, Prepend, Replace, Strip, Sequence");
}

/// Strip and most replacements may take the first character away.
bool step_keeps_begin(const JsonPart& json) {
  const std::string type = json.text("type");
  if (type != "Replace") return type != "Strip";
  const std::string pattern = json.at("pattern").text("String", "");
  return !pattern.empty() && utf8_character(pattern, 0).length == pattern.size() &&
         !json.text("content").empty();
}

}  // namespace

Normalizer::Normalizer(const JsonPart& json) {
  for (const JsonPart& step : flatten_sequence(json, "normalizers")) {
    steps_.push_back(read_normalization(step));
    keeps_begin_ &= step_keeps_begin(step);
  }
}

std::string Normalizer::normalize(std::string text) const {
  for (const auto& step : steps_) text = step(std::move(text));
  return text;
}

}  // namespace selfreward
