#include "config/assign.h"

#include <charconv>
#include <cstdlib>

namespace selfreward {
namespace {

std::string environment(const std::string& name, const std::string& where) {
  const char* value = std::getenv(name.c_str());
  check(value, where, "the environment variable ", name, " is not set");
  return value;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  if (text.starts_with("+") && !text.starts_with("+-")) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool parse_bool(std::string_view text, bool& value) {
  value = text == "true";
  return value || text == "false";
}

}  // namespace

std::string expand_text(const std::string& text, const std::string& where) {
  std::string result;
  size_t at = 0;
  if (text.starts_with("~/")) {
    result = environment("HOME", where);
    at = 1;
  }
  while (at < text.size()) {
    const std::string_view rest = std::string_view(text).substr(at);
    if (rest.starts_with("$${")) {
      result += "${";
      at += 3;
    } else if (rest.starts_with("${")) {
      const size_t end = text.find('}', at);
      check(end != std::string::npos && end > at + 2, where, "expected ${NAME} in \"", text,
            "\" ($${ writes a plain ${)");
      result += environment(text.substr(at + 2, end - at - 2), where);
      at = end + 1;
    } else {
      result += text[at++];
    }
  }
  return result;
}

bool assign(const FieldValue& value, const std::string& text, bool plain, const std::string& where) {
  if (const auto* string = std::get_if<std::string*>(&value)) {
    **string = expand_text(text, where);
    return true;
  }
  if (!plain) return false;
  if (const auto* truth = std::get_if<bool*>(&value)) return parse_bool(text, **truth);
  if (const auto* integer = std::get_if<int64_t*>(&value)) return parse_number(text, **integer);
  if (const auto* number = std::get_if<double*>(&value)) return parse_number(text, **number);
  return false;
}

}  // namespace selfreward
