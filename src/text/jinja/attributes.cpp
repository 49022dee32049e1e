// Attribute and item access as Jinja's sandbox does it, arguments, and the methods of dict, list and loop.
#include <algorithm>
#include <set>

#include "text/jinja/calls.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

std::vector<const Value*> Arguments::bind(const std::string& callee, std::initializer_list<const char*> names,
                                          size_t required) const {
  check(positional.size() <= names.size(), callee, " takes at most ", names.size(), " argument(s), ",
        positional.size(), " given");
  std::vector<const Value*> bound(names.size(), nullptr);
  for (size_t i = 0; i < positional.size(); ++i) bound[i] = &positional[i];
  for (const auto& [name, value] : named) {
    const auto found = std::find(names.begin(), names.end(), name);
    check(found != names.end(), callee, " does not take the argument '", name, "'");
    const auto index = static_cast<size_t>(found - names.begin());
    check(!bound[index], callee, " got two values for '", name, "'");
    bound[index] = &value;
  }
  for (size_t i = 0; i < required; ++i)
    check(bound[i], callee, " misses the argument '", names.begin()[i], "'");
  return bound;
}

std::string text_argument(const Value* argument, const std::string& absent) {
  if (!argument) return absent;
  check(argument->text(), "a str argument was expected, not ", type_name(*argument));
  return *argument->text();
}

int64_t integer_argument(const Value* argument, int64_t absent) {
  if (!argument) return absent;
  const auto integer = as_integer(*argument);
  check(integer.has_value(), "an int argument was expected, not ", type_name(*argument));
  check(*integer >= INT64_MIN && *integer <= INT64_MAX, "the argument ", integer_text(*integer),
        " is beyond 64 bits");
  return static_cast<int64_t>(*integer);
}

bool flag_argument(const Value* argument, bool absent) {
  return argument ? truthy(*argument) : absent;
}

namespace {

/// "'dict object' has no attribute 'x'", as Jinja says it.
Value missing(const Value& value, const Value& key) {
  const std::string owner = value.is<None>() ? "None" : type_name(value) + " object";
  if (key.text()) return make_undefined("'" + owner + "' has no attribute " + repr(key).text);
  return make_undefined(owner + " has no element " + to_text(key).text);
}

Value unsafe(const Value& value, const std::string& name) {
  return make_undefined(
      str("access to attribute '", name, "' of '", type_name(value), "' object is unsafe."));
}

Value loop_attribute(const Value& value, Loop& loop, const std::string& name) {
  const auto number = [](size_t n) { return Value{static_cast<int64_t>(n)}; };
  if (name == "index") return number(loop.index0 + 1);
  if (name == "index0") return number(loop.index0);
  if (name == "first") return {loop.index0 == 0};
  if (name == "last") return {!loop.has(loop.index0 + 1)};
  if (name == "length") return number(loop.length());
  if (name == "revindex") return number(loop.length() - loop.index0);
  if (name == "revindex0") return number(loop.length() - loop.index0 - 1);
  if (name == "depth") return number(1);
  if (name == "depth0") return number(0);
  if (name == "previtem")
    return loop.index0 > 0 ? loop.items[loop.index0 - 1] : make_undefined("there is no previous item");
  if (name == "nextitem")
    return loop.has(loop.index0 + 1) ? loop.items[loop.index0 + 1] : make_undefined("there is no next item");
  check(name != "changed", "loop.changed is not supported");
  if (name == "cycle") return {Function{name, std::make_shared<const Value>(value)}};
  return missing(value, make_text(name));
}

/// The method `name` of a dict or list: Undefined where it changes its object, nothing where there is none.
std::optional<Value> container_method(const Value& value, const std::string& name) {
  static const std::set<std::string> kDict = {"get", "items", "keys", "values"}, kList = {"index", "count"};
  static const std::set<std::string> kDictChanges = {"clear", "pop", "popitem", "setdefault", "update"};
  static const std::set<std::string> kListChanges = {"append", "clear",  "extend",  "insert",
                                                     "pop",    "remove", "reverse", "sort"};
  const bool is_dict = value.dict() != nullptr;
  const bool is_list = value.sequence() && value.sequence()->kind == SequenceKind::list;
  if (!is_dict && !is_list && !value.sequence()) return std::nullopt;
  if ((is_dict ? kDict : kList).count(name) > 0)
    return Value{Function{name, std::make_shared<const Value>(value)}};
  if (is_dict && kDictChanges.count(name) > 0) return unsafe(value, name);
  if (is_list && kListChanges.count(name) > 0) return unsafe(value, name);
  check(name != "copy" && !(is_dict && name == "fromkeys"), "the method ", type_name(value), ".", name,
        " is not supported");
  return std::nullopt;
}

/// Python's getattr, without the key of a dict.
std::optional<Value> own_attribute(const Value& value, const std::string& name) {
  if (name.starts_with("__")) return unsafe(value, name);
  if (const auto* scope = value.as<std::shared_ptr<Namespace>>()) {
    for (const auto& [key, attribute] : (*scope)->attributes) {
      if (key == name) return attribute;
    }
    return std::nullopt;
  }
  if (const auto* loop = value.as<Loop*>()) return loop_attribute(value, **loop, name);
  if (value.text() && is_text_method(name)) {
    check(is_supported_text_method(name), "the method str.", name, " is not supported");
    return Value{Function{name, std::make_shared<const Value>(value)}};
  }
  check(!value.is<Markup>() && !value.is<Function>() && !value.is<Macro>(), "the attribute '", name,
        "' of a ", type_name(value), " is not supported");
  return container_method(value, name);
}

/// Python's value[key]; nothing where it raises TypeError or LookupError.
std::optional<Value> own_item(const Value& value, const Value& key) {
  if (const Dict* dict = value.dict()) {
    const Value* found = find(*dict, key);
    return found ? std::optional(*found) : std::nullopt;
  }
  const auto index = as_integer(key);
  if (!index) return std::nullopt;
  if (const MarkedText* text = value.marked()) {
    const auto pieces = characters(text->text);
    const auto at = resolve_index(*index, pieces.size());
    return at ? std::optional(make_text(piece_of(*text, pieces[*at]))) : std::nullopt;
  }
  const Sequence* sequence = value.sequence();
  if (!sequence || sequence->kind > SequenceKind::range) return std::nullopt;
  const auto at = resolve_index(*index, sequence->items.size());
  return at ? std::optional(sequence->items[*at]) : std::nullopt;
}

}  // namespace

Value get_attribute(const Value& value, const std::string& name) {
  if (const auto* undefined = value.as<Undefined>()) fail(*undefined->reason);
  if (auto attribute = own_attribute(value, name)) return *attribute;
  const Value key = make_text(name);
  if (auto item = own_item(value, key)) return *item;
  return missing(value, key);
}

Value get_item(const Value& value, const Value& key) {
  if (const auto* undefined = value.as<Undefined>()) fail(*undefined->reason);
  if (auto item = own_item(value, key)) return *item;
  if (const std::string* name = key.text()) {
    if (auto attribute = own_attribute(value, *name)) return *attribute;
  }
  return missing(value, key);
}

namespace {

Value call_dict_method(const Dict& self, const std::string& name, const Arguments& arguments) {
  const std::string callee = "dict." + name;
  if (name == "get") {
    const auto bound = arguments.bind(callee, {"key", "default"}, 1);
    const Value* found = find(self, *bound[0]);
    return found ? *found : bound[1] ? *bound[1] : Value{None{}};
  }
  arguments.bind(callee, {});
  std::vector<Value> items;
  for (const auto& [key, value] : self.items) {
    items.push_back(name == "items" ? make_tuple({key, value}) : name == "keys" ? key : value);
  }
  return make_sequence(SequenceKind::view, std::move(items));
}

Value call_sequence_method(const Sequence& self, const std::string& name, const Arguments& arguments) {
  const Value& wanted = *arguments.bind("list." + name, {"value"}, 1)[0];
  const auto matches = [&](const Value& item) { return equal(item, wanted); };
  if (name == "count")
    return {static_cast<int64_t>(std::count_if(self.items.begin(), self.items.end(), matches))};
  const auto found = std::find_if(self.items.begin(), self.items.end(), matches);
  check(found != self.items.end(), repr(wanted).text, " is not in list");
  return {static_cast<int64_t>(found - self.items.begin())};
}

}  // namespace

Value call_method(const Value& self, const std::string& name, const Arguments& arguments) {
  if (const MarkedText* text = self.marked()) return call_text_method(*text, name, arguments);
  if (const Dict* dict = self.dict()) return call_dict_method(*dict, name, arguments);
  if (const Sequence* sequence = self.sequence()) return call_sequence_method(*sequence, name, arguments);
  const auto* loop = self.as<Loop*>();
  check(loop && !arguments.positional.empty() && arguments.named.empty(),
        "loop.cycle takes the items to cycle among");
  return arguments.positional[(*loop)->index0 % arguments.positional.size()];
}

}  // namespace selfreward::jinja
