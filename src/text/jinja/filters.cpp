// Filters that give text or a number; the ones over sequences are in sequence_filters.cpp.
#include <charconv>
#include <cmath>
#include <map>

#include "base/format.h"
#include "base/text_util.h"
#include "text/jinja/calls.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/text.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

namespace {

using TextFilter = Value (*)(const Value& value, const Arguments& arguments);

Value trim_filter(const Value& value, const Arguments& arguments) {
  const Value* chars = arguments.bind("trim", {"chars"})[0];
  std::optional<std::string> set;
  if (chars && !chars->is<None>()) set = text_argument(chars, "");
  const MarkedText text = to_text(value);
  return make_text(piece_of(text, strip_text(text.text, Side::both, set)));
}

Value upper_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("upper", {});
  return make_text(change_case(to_text(value), to_upper));
}

Value lower_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("lower", {});
  return make_text(change_case(to_text(value), to_lower));
}

Value capitalize_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("capitalize", {});
  const MarkedText text = to_text(value);
  return make_text(marked_like(capitalize_text(text.text), text));
}

/// Unlike str.title, a word starts only after white space, a hyphen or an opening bracket.
Value title_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("title", {});
  const MarkedText text = to_text(value);
  std::string out;
  bool at_start = true;
  for (const std::string_view c : characters(text.text)) {
    out += at_start ? to_upper(c) : to_lower(c);
    at_start = is_space(code_point(c)) || std::string_view("-({[<").find(c) != std::string_view::npos;
  }
  return make_text(marked_like(std::move(out), text));
}

Value string_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("string", {});
  return value.is<Markup>() ? value : make_text(to_text(value));
}

Value replace_filter(const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("replace", {"old", "new", "count"}, 2);
  const int64_t count = bound[2] && bound[2]->is<None>() ? -1 : integer_argument(bound[2], -1);
  return make_text(replace_text(to_text(value), to_text(*bound[0]).text, to_text(*bound[1]), count));
}

Value safe_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("safe", {});
  return {Markup{std::make_shared<const MarkedText>(to_text(value))}};
}

Value escape_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("escape", {});
  if (value.is<Markup>()) return value;
  return {Markup{std::make_shared<const MarkedText>(escape_text(to_text(value)))}};
}

/// `argument` spaces, or the string it is.
std::string indent_text(const Value* argument, int64_t absent) {
  if (argument && argument->text()) return *argument->text();
  const int64_t width = std::max<int64_t>(integer_argument(argument, absent), 0);
  check(width <= 1000, "an indent of ", width, " spaces is not supported");
  return std::string(static_cast<size_t>(width), ' ');
}

Value indent_filter(const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("indent", {"width", "first", "blank"});
  check(value.text(), "the filter indent needs a str, not ", type_name(value));
  MarkedText text = *value.marked();
  append(text, "\n");
  const std::string indent = indent_text(bound[0], 4);
  MarkedText out{flag_argument(bound[1], false) ? indent : "", {}};
  const auto lines = split_lines(text.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) append(out, "\n");
    if (i > 0 && (!lines[i].empty() || flag_argument(bound[2], false))) append(out, indent);
    append(out, piece_of(text, lines[i]));
  }
  return make_text(std::move(out));
}

Value tojson_filter(const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("tojson", {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = flag_argument(bound[0], false);
  if (bound[1] && !bound[1]->is<None>()) style.indent = indent_text(bound[1], 0);
  if (style.indent) style.item_separator = ",";
  if (bound[2] && !bound[2]->is<None>()) {
    const std::vector<Value> separators = iterate(*bound[2]);
    check(separators.size() == 2, "tojson: separators are a pair");
    style.item_separator = text_argument(&separators[0], "");
    style.key_separator = text_argument(&separators[1], "");
  }
  style.sort_keys = flag_argument(bound[3], false);
  return make_text(to_json_text(value, style));
}

/// float(text); nothing where Python raises ValueError.
std::optional<double> parse_float(const std::string& text) {
  std::string digits = replace_all(std::string(strip_text(text, Side::both)), "_", "");
  if (digits.starts_with("+") && !digits.starts_with("+-")) digits.erase(0, 1);
  double number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (stop != end || digits.empty() || digits.find('(') != std::string::npos) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::strtod(digits.c_str(), nullptr);
  return number;
}

std::optional<double> to_float(const Value& value) {
  if (value.text()) return parse_float(*value.text());
  return as_number(value);
}

Value truncated(double number) {
  check(std::abs(number) < 0x1p127, "an integer beyond 127 bits is not supported");
  return {static_cast<Integer>(number)};
}

Value int_filter(const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("int", {"default", "base"});
  check(integer_argument(bound[1], 10) == 10, "int with a base other than 10 is not supported");
  if (const auto* undefined = value.as<Undefined>()) fail(*undefined->reason);
  if (const auto integer = as_integer(value)) return {*integer};
  if (value.text()) {
    std::string digits = replace_all(std::string(strip_text(*value.text(), Side::both)), "_", "");
    if (digits.starts_with("+") && !digits.starts_with("+-")) digits.erase(0, 1);
    if (const auto integer = parse_integer(digits)) return {*integer};
  }
  const auto number = to_float(value);
  if (number && std::isfinite(*number)) return truncated(*number);
  return bound[0] ? *bound[0] : Value{Integer{0}};
}

Value float_filter(const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("float", {"default"});
  if (const auto* undefined = value.as<Undefined>()) fail(*undefined->reason);
  const auto number = to_float(value);
  if (number) return {*number};
  return bound[0] ? *bound[0] : Value{0.0};
}

Value abs_filter(const Value& value, const Arguments& arguments) {
  arguments.bind("abs", {});
  const auto number = as_number(value);
  check(number.has_value(), "bad operand type for abs(): '", type_name(value), "'");
  return with_sign(*number < 0 || std::signbit(*number), value);
}

/// round(): to even on ties, from the exact binary value, as `fixed` rounds.
double round_to(double number, int64_t digits) {
  return std::strtod(fixed(number, static_cast<int>(digits)).c_str(), nullptr);
}

Value round_filter(const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("round", {"precision", "method"});
  const int64_t digits = integer_argument(bound[0], 0);
  const std::string method = text_argument(bound[1], "common");
  const auto number = as_number(value);
  check(number.has_value(), "type ", type_name(value), " cannot be rounded");
  check(digits >= 0 && digits <= 15, "round to ", digits, " digits is not supported");
  if (method == "common")
    return as_integer(value) ? Value{*as_integer(value)} : Value{round_to(*number, digits)};
  check(method == "ceil" || method == "floor", "method must be common, ceil or floor");
  const double scale = std::pow(10.0, static_cast<double>(digits)), scaled = *number * scale;
  return {(method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale};
}

Value default_filter(const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("default", {"default_value", "boolean"});
  const bool replace = value.is<Undefined>() || (flag_argument(bound[1], false) && !truthy(value));
  if (!replace) return value;
  return bound[0] ? *bound[0] : make_text("");
}

}  // namespace

std::optional<Value> apply_text_filter(const std::string& name, const Value& value,
                                       const Arguments& arguments) {
  static const std::map<std::string, TextFilter> kFilters = {
      {"trim", trim_filter},   {"upper", upper_filter},     {"lower", lower_filter},
      {"title", title_filter}, {"string", string_filter},   {"capitalize", capitalize_filter},
      {"safe", safe_filter},   {"replace", replace_filter}, {"escape", escape_filter},
      {"e", escape_filter},    {"indent", indent_filter},   {"tojson", tojson_filter},
      {"int", int_filter},     {"float", float_filter},     {"abs", abs_filter},
      {"round", round_filter}, {"d", default_filter},       {"default", default_filter}};
  const auto found = kFilters.find(name);
  if (found == kFilters.end()) return std::nullopt;
  const bool takes_markup = name == "safe" || name == "e" || name == "escape" || name == "string" ||
                            name == "tojson" || name == "default" || name == "d";
  check(takes_markup || !value.is<Markup>(), "the filter ", name, " after safe or escape is not supported");
  return found->second(value, arguments);
}

Value apply_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  if (auto result = apply_text_filter(name, value, arguments)) return *result;
  if (auto result = apply_sequence_filter(name, value, arguments)) return *result;
  fail("the filter '", name, "' is not supported");
}

}  // namespace selfreward::jinja
