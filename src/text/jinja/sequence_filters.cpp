// Filters over lists, dicts and strings.
#include <algorithm>
#include <map>

#include "text/jinja/calls.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/text.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

namespace {

using SequenceFilter = Value (*)(const std::string& name, const Value& value, const Arguments& arguments);

bool given(const Value* argument) {
  return argument && !argument->is<None>();
}

Value make_iterator(std::vector<Value> items) {
  return make_sequence(SequenceKind::iterator, std::move(items));
}

/// The item behind "a.b.0" of `value`; numbers are indices.
Value follow(Value value, const Value& path) {
  if (!path.text()) return get_item(value, path);
  std::string_view rest = *path.text();
  for (bool more = true; more;) {
    const size_t dot = rest.find('.');
    const std::string part(rest.substr(0, dot));
    more = dot != std::string_view::npos;
    if (more) rest.remove_prefix(dot + 1);
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    check(!digits || part.size() < 10, "the index ", part, " is too large");
    value = get_item(value, digits ? Value{int64_t{std::stoi(part)}} : make_text(part));
  }
  return value;
}

Value lowered(const Value& value) {
  return value.text() ? make_text(to_lower(*value.text())) : value;
}

/// What sort, min, max and unique compare: the item or its attribute, strings without case.
Value sort_key(const Value& item, const Value* attribute, bool case_sensitive) {
  const Value key = given(attribute) ? follow(item, *attribute) : item;
  return case_sensitive ? key : lowered(key);
}

using Keyed = std::vector<std::pair<Value, Value>>;  // key, item

Value sorted(Keyed keyed, bool reverse) {
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? less(b.first, a.first) : less(a.first, b.first);
  });
  std::vector<Value> items;
  for (auto& [key, item] : keyed) items.push_back(std::move(item));
  return make_list(std::move(items));
}

Value sort_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind(name, {"reverse", "case_sensitive", "attribute"});
  if (given(bound[2])) {
    check(!bound[2]->text() || bound[2]->text()->find(',') == std::string::npos,
          "sort by several attributes is not supported");
  }
  Keyed keyed;
  for (const Value& item : iterate(value)) {
    keyed.emplace_back(sort_key(item, bound[2], flag_argument(bound[1], false)), item);
  }
  return sorted(std::move(keyed), flag_argument(bound[0], false));
}

Value dictsort_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind(name, {"case_sensitive", "by", "reverse"});
  const std::string by = text_argument(bound[1], "key");
  check(by == "key" || by == "value", "dictsort: by is \"key\" or \"value\"");
  check(value.dict(), "the filter dictsort needs a dict, not ", type_name(value));
  Keyed keyed;
  for (const auto& [key, item] : value.dict()->items) {
    keyed.emplace_back(sort_key(by == "key" ? key : item, nullptr, flag_argument(bound[0], false)),
                       make_tuple({key, item}));
  }
  return sorted(std::move(keyed), flag_argument(bound[2], false));
}

Value extreme_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind(name, {"case_sensitive", "attribute"});
  const std::vector<Value> items = iterate(value);
  if (items.empty()) return make_undefined("No aggregated item, sequence was empty.");
  size_t best = 0;
  for (size_t i = 1; i < items.size(); ++i) {
    const bool exact = flag_argument(bound[0], false);
    const Value a = sort_key(items[i], bound[1], exact), b = sort_key(items[best], bound[1], exact);
    if (name == "min" ? less(a, b) : less(b, a)) best = i;
  }
  return items[best];
}

Value unique_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind(name, {"case_sensitive", "attribute"});
  const std::vector<Value> items = iterate(value);
  check(items.size() <= 1000, "unique of more than 1000 items is not supported");
  std::vector<Value> keys, result;
  for (const Value& item : items) {
    Value key = sort_key(item, bound[1], flag_argument(bound[0], false));
    const auto same = [&](const Value& other) { return equal(key, other); };
    if (std::any_of(keys.begin(), keys.end(), same)) continue;
    keys.push_back(std::move(key));
    result.push_back(item);
  }
  return make_iterator(std::move(result));
}

Value sum_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind(name, {"attribute", "start"});
  Value total = bound[1] ? *bound[1] : Value{int64_t{0}};
  for (const Value& item : iterate(value)) {
    total = arithmetic("+", total, given(bound[0]) ? follow(item, *bound[0]) : item);
    check(as_number(total).has_value(), "sum of anything but numbers is not supported");
  }
  return total;
}

Value join_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind(name, {"d", "attribute"});
  std::vector<MarkedText> pieces;
  for (const Value& item : iterate(value))
    pieces.push_back(to_text(given(bound[1]) ? follow(item, *bound[1]) : item));
  return make_text(join_texts(bound[0] ? to_text(*bound[0]) : MarkedText{}, pieces));
}

Value length_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  arguments.bind(name, {});
  return {static_cast<int64_t>(length_of(value))};
}

Value end_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  arguments.bind(name, {});
  const Sequence* sequence = value.sequence();
  const bool one_way = sequence && sequence->kind == SequenceKind::iterator;
  check(name == "first" || !one_way, "an iterator has no last item; add | list");
  const std::vector<Value> items = iterate(value);
  if (items.empty()) return make_undefined("No " + name + " item, sequence was empty.");
  return name == "first" ? items.front() : items.back();
}

Value list_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  arguments.bind(name, {});
  return make_list(iterate(value));
}

Value items_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  arguments.bind(name, {});
  check(value.dict() || value.is<Undefined>(), "Can only get item pairs from a mapping.");
  std::vector<Value> items;
  if (value.dict()) {
    for (const auto& [key, item] : value.dict()->items) items.push_back(make_tuple({key, item}));
  }
  return make_iterator(std::move(items));
}

Value reverse_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  arguments.bind(name, {});
  std::vector<Value> items = iterate(value);
  std::reverse(items.begin(), items.end());
  const Sequence* sequence = value.sequence();
  if (sequence && sequence->kind == SequenceKind::iterator) return make_list(std::move(items));
  if (!value.text()) return make_iterator(std::move(items));
  MarkedText out;
  for (const Value& c : items) append(out, *c.marked());
  return make_text(std::move(out));
}

Arguments without_first(const Arguments& arguments, size_t count) {
  const auto begin = arguments.positional.begin() + static_cast<std::ptrdiff_t>(count);
  return {{begin, arguments.positional.end()}, arguments.named};
}

Value map_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  std::vector<Value> items;
  if (!arguments.positional.empty()) {
    const std::string filter = text_argument(&arguments.positional[0], "");
    const Arguments rest = without_first(arguments, 1);
    for (const Value& item : iterate(value)) items.push_back(apply_filter(filter, item, rest));
    return make_iterator(std::move(items));
  }
  Arguments named = arguments;
  const auto bound = named.bind(name, {"attribute", "default"}, 1);
  for (const Value& item : iterate(value)) {
    const Value found = follow(item, *bound[0]);
    items.push_back(found.is<Undefined>() && given(bound[1]) ? *bound[1] : found);
  }
  return make_iterator(std::move(items));
}

/// select, reject and their attribute forms: the first argument of the latter is the attribute, then the
/// test.
Value select_filter(const std::string& name, const Value& value, const Arguments& arguments) {
  const bool by_attribute = name.ends_with("attr"), wanted = name.starts_with("select");
  const size_t skip = by_attribute ? 1 : 0;
  check(arguments.positional.size() >= skip, name, " misses the attribute's name");
  const bool has_test = arguments.positional.size() > skip;
  const Arguments rest = has_test ? without_first(arguments, skip + 1) : Arguments{};
  std::vector<Value> items;
  for (const Value& item : truthy(value) ? iterate(value) : items) {
    const Value subject = by_attribute ? follow(item, arguments.positional[0]) : item;
    const bool passed = has_test ? apply_test(text_argument(&arguments.positional[skip], ""), subject, rest)
                                 : truthy(subject);
    if (passed == wanted) items.push_back(item);
  }
  return make_iterator(std::move(items));
}

}  // namespace

std::optional<Value> apply_sequence_filter(const std::string& name, const Value& value,
                                           const Arguments& arguments) {
  static const std::map<std::string, SequenceFilter> kFilters = {
      {"sort", sort_filter},        {"dictsort", dictsort_filter}, {"min", extreme_filter},
      {"max", extreme_filter},      {"unique", unique_filter},     {"sum", sum_filter},
      {"join", join_filter},        {"length", length_filter},     {"count", length_filter},
      {"first", end_filter},        {"last", end_filter},          {"list", list_filter},
      {"items", items_filter},      {"reverse", reverse_filter},   {"map", map_filter},
      {"select", select_filter},    {"reject", select_filter},     {"selectattr", select_filter},
      {"rejectattr", select_filter}};
  const auto found = kFilters.find(name);
  if (found == kFilters.end()) return std::nullopt;
  return found->second(name, value, arguments);
}

}  // namespace selfreward::jinja
