// Jinja's tests (`x is defined`) and its global functions.
#include <ctime>
#include <map>

#include "text/jinja/calls.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

namespace {

using Predicate = bool (*)(const Value& value);

bool is_text(const Value& value) {
  return value.text() || value.is<Markup>();
}

bool is_sequence(const Value& value) {
  const Sequence* sequence = value.sequence();
  return is_text(value) || value.dict() || value.is<Undefined>() ||
         (sequence && sequence->kind <= SequenceKind::range);
}

bool is_iterable(const Value& value) {
  return is_sequence(value) || value.sequence() || value.is<Loop*>();
}

bool is_callable(const Value& value) {
  return value.is<Function>() || value.is<Macro>() || value.is<Undefined>() || value.is<Loop*>();
}

bool is_lower(const Value& value) {
  const std::string text = to_text(value).text;
  return to_lower(text) == text && to_upper(text) != text;
}

bool is_upper(const Value& value) {
  const std::string text = to_text(value).text;
  return to_upper(text) == text && to_lower(text) != text;
}

bool has_remainder(const Value& value, const Value& divisor, Integer remainder) {
  return equal(arithmetic("%", value, divisor), {remainder});
}

const std::map<std::string, Predicate>& predicates() {
  static const std::map<std::string, Predicate> kPredicates = {
      {"defined", [](const Value& v) { return !v.is<Undefined>(); }},
      {"undefined", [](const Value& v) { return v.is<Undefined>(); }},
      {"none", [](const Value& v) { return v.is<None>(); }},
      {"boolean", [](const Value& v) { return v.is<bool>(); }},
      {"true", [](const Value& v) { return v.is<bool>() && truthy(v); }},
      {"false", [](const Value& v) { return v.is<bool>() && !truthy(v); }},
      {"integer", [](const Value& v) { return v.is<Integer>(); }},
      {"float", [](const Value& v) { return v.is<double>(); }},
      {"number", [](const Value& v) { return as_number(v).has_value(); }},
      {"string", is_text},
      {"mapping", [](const Value& v) { return v.dict() != nullptr; }},
      {"sequence", is_sequence},
      {"iterable", is_iterable},
      {"callable", is_callable},
      {"escaped", [](const Value& v) { return v.is<Markup>(); }},
      {"lower", is_lower},
      {"upper", is_upper},
      {"odd", [](const Value& v) { return has_remainder(v, {Integer{2}}, 1); }},
      {"even", [](const Value& v) { return has_remainder(v, {Integer{2}}, 0); }}};
  return kPredicates;
}

/// Tests with one argument: the operator each stands for.
const std::map<std::string, std::string>& comparisons() {
  static const std::map<std::string, std::string> kComparisons = {
      {"eq", "=="},      {"equalto", "=="}, {"==", "=="}, {"ne", "!="}, {"!=", "!="}, {"lt", "<"},
      {"lessthan", "<"}, {"<", "<"},        {"le", "<="}, {"<=", "<="}, {"gt", ">"},  {"greaterthan", ">"},
      {">", ">"},        {"ge", ">="},      {">=", ">="}, {"in", "in"}};
  return kComparisons;
}

/// Identity is known for the singletons; other objects are Python's business.
bool same_object(const Value& a, const Value& b) {
  const auto singleton = [](const Value& value) { return value.is<None>() || value.is<bool>(); };
  check(singleton(a) || singleton(b), "sameas is supported for none, true and false only");
  return a.data.index() == b.data.index() && equal(a, b);
}

}  // namespace

bool apply_test(const std::string& name, const Value& value, const Arguments& arguments) {
  if (const auto found = predicates().find(name); found != predicates().end()) {
    arguments.bind("the test " + name, {});
    return found->second(value);
  }
  const auto found = comparisons().find(name);
  const bool known = found != comparisons().end() || name == "divisibleby" || name == "sameas";
  check(known, "the test '", name, "' is not supported");
  const Value& other = *arguments.bind("the test " + name, {"other"}, 1)[0];
  if (name == "divisibleby") return has_remainder(value, other, 0);
  return name == "sameas" ? same_object(value, other) : compare(found->second, value, other);
}

namespace {

Value make_range(const Arguments& arguments) {
  const auto bound = arguments.bind("range", {"start", "stop", "step"}, 1);
  const int64_t first = bound[1] ? integer_argument(bound[0], 0) : 0;
  const int64_t stop = integer_argument(bound[1] ? bound[1] : bound[0], 0),
                step = integer_argument(bound[2], 1);
  check(step != 0, "range() arg 3 must not be zero");
  constexpr size_t kMaxRange = 100000;  // jinja2.sandbox.MAX_RANGE
  std::vector<Value> items;
  for (int64_t i = first; step > 0 ? i < stop : i > stop;) {
    items.push_back({i});
    check(items.size() <= kMaxRange,
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return make_sequence(SequenceKind::range, std::move(items));
}

/// dict({...}, a=1) and namespace({...}, a=1): the pairs, later ones win.
std::vector<std::pair<Value, Value>> pairs_of(const std::string& name, const Arguments& arguments) {
  check(arguments.positional.size() <= 1, name, " takes at most one positional argument");
  std::vector<std::pair<Value, Value>> pairs;
  if (!arguments.positional.empty()) {
    const Dict* dict = arguments.positional[0].dict();
    check(dict, name, "() of a ", type_name(arguments.positional[0]), " is not supported");
    pairs = dict->items;
  }
  for (const auto& [key, value] : arguments.named) {
    const auto same = [&, wanted = &key](const auto& pair) {
      return pair.first.text() && *pair.first.text() == *wanted;
    };
    const auto found = std::find_if(pairs.begin(), pairs.end(), same);
    if (found == pairs.end())
      pairs.emplace_back(make_text(key), value);
    else
      found->second = value;
  }
  return pairs;
}

Value make_namespace(const Arguments& arguments) {
  const Value content = make_dict(pairs_of("namespace", arguments));
  auto result = std::make_shared<Namespace>();
  for (const auto& [key, value] : content.dict()->items) {
    const std::string name = text_argument(&key, "");
    check(!name.starts_with("_"), "a namespace cannot have the attribute '", name, "'");
    result->attributes.emplace_back(name, value);
  }
  return {result};
}

}  // namespace

Value format_date(const std::tm& date, const Arguments& arguments) {
  const std::string format = text_argument(arguments.bind("strftime_now", {"format"}, 1)[0], "");
  if (format.empty()) return make_text("");
  // The date is fixed for a run, the time of day is not: the same prompt would differ from one call to the
  // next.
  for (size_t at = format.find('%'); at != std::string::npos; at = format.find('%', at + 2)) {
    const size_t letter = std::min(format.find_first_not_of("-_0^#", at + 1), format.size() - 1);
    check(std::string_view("aAbBdejmyYCDFgGhuUVwWxnt%").find(format[letter]) != std::string_view::npos,
          "strftime_now with %", format[letter], " is not supported, only dates are");
  }
  std::string out(256 + format.size() * 4, '\0');
  out.resize(std::strftime(out.data(), out.size(), format.c_str(), &date));
  return make_text(std::move(out));
}

bool is_function(const std::string& name) {
  return name == "range" || name == "namespace" || name == "dict" || name == "raise_exception" ||
         name == "strftime_now";
}

Value call_function(const std::string& name, const Arguments& arguments) {
  if (name == "range") return make_range(arguments);
  if (name == "namespace") return make_namespace(arguments);
  if (name == "dict") return make_dict(pairs_of(name, arguments));
  fail(to_text(*arguments.bind(name, {"message"}, 1)[0]).text);
}

}  // namespace selfreward::jinja
