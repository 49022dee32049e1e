#include "text/jinja/print.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/format.h"
#include "base/regex.h"
#include "text/jinja/operators.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

namespace {

std::string escape_code_point(char32_t code) {
  if (code < 0x100) return "\\x" + hex(code, 2);
  if (code < 0x10000) return "\\u" + hex(code, 4);
  return "\\U" + hex(code, 8);
}

bool is_printable(std::string_view character) {
  static const Regex kNotPrintable("^[\\p{C}\\p{Z}]");
  if (character.size() == 1) return character[0] >= ' ' && character[0] < 0x7F;
  return !kNotPrintable.matches(character);
}

/// Python prefers single quotes unless the text has them and no double ones.
std::string quote(const std::string& text) {
  const bool use_double = text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
  const std::string mark = use_double ? "\"" : "'";
  std::string out = mark;
  for (const std::string_view c : characters(text)) {
    if (c == mark || c == "\\") append(out, "\\");
    if (c == "\n")
      append(out, "\\n");
    else if (c == "\r")
      append(out, "\\r");
    else if (c == "\t")
      append(out, "\\t");
    else if (is_printable(c))
      append(out, c);
    else
      append(out, escape_code_point(code_point(c)));
  }
  return out + mark;
}

MarkedText repr_items(const Sequence& sequence) {
  const bool is_list = sequence.kind == SequenceKind::list;
  check(is_list || sequence.kind == SequenceKind::tuple,
        "a range, dict view or iterator cannot be printed; add | list");
  MarkedText out{is_list ? "[" : "(", {}};
  for (size_t i = 0; i < sequence.items.size(); ++i) {
    if (i > 0) append(out, ", ");
    append(out, repr(sequence.items[i]));
  }
  if (!is_list && sequence.items.size() == 1) append(out, ",");
  append(out, is_list ? "]" : ")");
  return out;
}

MarkedText repr_dict(const Dict& dict) {
  MarkedText out{"{", {}};
  for (const auto& [key, value] : dict.items) {
    if (out.text.size() > 1) append(out, ", ");
    append(out, repr(key));
    append(out, ": ");
    append(out, repr(value));
  }
  append(out, "}");
  return out;
}

}  // namespace

std::string float_repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific).ptr;
  const std::string shortest(buffer, end);
  const int exponent = std::stoi(shortest.substr(shortest.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return shortest;
  char fixed[400];
  const std::string text(fixed,
                         std::to_chars(fixed, fixed + sizeof fixed, number, std::chars_format::fixed).ptr);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

MarkedText repr(const Value& value) {
  if (const MarkedText* text = value.marked()) return marked_like(quote(text->text), *text);
  if (value.is<Undefined>()) return {"Undefined", {}};
  return to_text(value);
}

/// str() of what holds no other text.
std::string scalar_text(const Value& value) {
  if (value.is<Undefined>()) return "";
  if (value.is<None>()) return "None";
  if (const bool* boolean = value.as<bool>()) return *boolean ? "True" : "False";
  if (const Integer* integer = value.as<Integer>()) return integer_text(*integer);
  if (const double* number = value.as<double>()) return float_repr(*number);
  fail("printing a ", type_name(value), " is not supported");
}

MarkedText to_text(const Value& value) {
  if (const MarkedText* text = value.marked()) return *text;
  if (const auto* markup = value.as<Markup>()) return *markup->text;
  if (const Sequence* sequence = value.sequence()) return repr_items(*sequence);
  if (const Dict* dict = value.dict()) return repr_dict(*dict);
  return {scalar_text(value), {}};
}

namespace {

class JsonWriter {
 public:
  explicit JsonWriter(const JsonStyle& style) : style_(style) {}
  MarkedText write(const Value& value) {
    write_value(value, 1);
    return std::move(out_);
  }

 private:
  void write_value(const Value& value, size_t level) {
    if (const MarkedText* text = value.marked()) return write_string(*text);
    if (const auto* markup = value.as<Markup>()) return write_string(*markup->text);
    if (const Dict* dict = value.dict()) return write_dict(*dict, level);
    if (const Sequence* sequence = value.sequence()) return write_sequence(value, *sequence, level);
    append(out_, scalar(value));
  }

  std::string scalar(const Value& value) const {
    if (value.is<None>()) return "null";
    if (const bool* boolean = value.as<bool>()) return *boolean ? "true" : "false";
    if (const Integer* integer = value.as<Integer>()) return integer_text(*integer);
    const double* number = value.as<double>();
    check(number, "Object of type ", type_name(value), " is not JSON serializable");
    if (std::isnan(*number)) return "NaN";
    if (std::isinf(*number)) return *number < 0 ? "-Infinity" : "Infinity";
    return float_repr(*number);
  }

  void write_string(const MarkedText& text) {
    append(out_, "\"");
    for_each_run(text, [&](std::string_view run, bool is_data) {
      std::string escaped;
      for (const std::string_view c : characters(run)) write_character(escaped, c);
      append(out_, is_data ? data_text(std::move(escaped)) : MarkedText{std::move(escaped), {}});
    });
    append(out_, "\"");
  }

  void write_character(std::string& out, std::string_view c) const {
    static constexpr std::string_view kPlain = "\"\\\n\r\t\f\b", kEscaped = "\"\\nrtfb";
    const char32_t code = code_point(c);
    const size_t index = c.size() == 1 ? kPlain.find(c[0]) : std::string_view::npos;
    if (index != std::string_view::npos) return append(out, std::string("\\") + kEscaped[index]);
    if (code >= 0x20 && (code < 0x7F || !style_.ensure_ascii)) return append(out, c);
    if (code < 0x10000) return append(out, "\\u" + hex(code, 4));
    const char32_t high = 0xD800 + ((code - 0x10000) >> 10), low = 0xDC00 + ((code - 0x10000) & 0x3FF);
    append(out, "\\u" + hex(high, 4) + "\\u" + hex(low, 4));
  }

  void new_line(size_t level) {
    if (!style_.indent) return;
    append(out_, "\n");
    for (size_t i = 0; i < level; ++i) append(out_, *style_.indent);
  }

  void write_sequence(const Value& value, const Sequence& sequence, size_t level) {
    check(sequence.kind == SequenceKind::list || sequence.kind == SequenceKind::tuple, "Object of type ",
          type_name(value), " is not JSON serializable");
    if (sequence.items.empty()) return append(out_, "[]");
    append(out_, "[");
    for (size_t i = 0; i < sequence.items.size(); ++i) {
      if (i > 0) append(out_, style_.item_separator);
      new_line(level);
      write_value(sequence.items[i], level + 1);
    }
    new_line(level - 1);
    append(out_, "]");
  }

  void write_dict(const Dict& dict, size_t level) {
    if (dict.items.empty()) return append(out_, "{}");
    auto items = dict.items;
    if (style_.sort_keys) {
      std::stable_sort(items.begin(), items.end(),
                       [](const auto& a, const auto& b) { return less(a.first, b.first); });
    }
    append(out_, "{");
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) append(out_, style_.item_separator);
      new_line(level);
      write_key(items[i].first);
      append(out_, style_.key_separator);
      write_value(items[i].second, level + 1);
    }
    new_line(level - 1);
    append(out_, "}");
  }

  void write_key(const Value& key) {
    write_string(key.marked() ? *key.marked() : MarkedText{scalar(key), {}});
  }

  const JsonStyle& style_;
  MarkedText out_;
};

}  // namespace

MarkedText to_json_text(const Value& value, const JsonStyle& style) {
  return JsonWriter(style).write(value);
}

}  // namespace selfreward::jinja
