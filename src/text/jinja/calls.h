#pragma once
// Attributes, methods, filters and tests: what a template reaches by name. One that is not supported is an
// Error with its name, and so are arguments it does not take.
#include <ctime>
#include <initializer_list>

#include "text/jinja/value.h"

namespace selfreward::jinja {

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  /// The arguments in the order of `names`, null where one was not given. The first `required` must be there.
  std::vector<const Value*> bind(const std::string& callee, std::initializer_list<const char*> names,
                                 size_t required = 0) const;
};

/// An optional argument with its default; one of another type is an Error.
std::string text_argument(const Value* argument, const std::string& absent);
int64_t integer_argument(const Value* argument, int64_t absent);
bool flag_argument(const Value* argument, bool absent);

/// value.name: a method or attribute first, then the key of a dict; Undefined if there is neither.
Value get_attribute(const Value& value, const std::string& name);
/// value[key]: the item first, then the attribute.
Value get_item(const Value& value, const Value& key);

/// A method of a str, dict, list or loop, found by get_attribute.
Value call_method(const Value& self, const std::string& name, const Arguments& arguments);
Value call_text_method(const MarkedText& self, const std::string& name, const Arguments& arguments);
/// strftime_now(format) for a date; a time of day is an Error.
Value format_date(const std::tm& date, const Arguments& arguments);
/// range, namespace, dict, raise_exception.
Value call_function(const std::string& name, const Arguments& arguments);
bool is_function(const std::string& name);
/// Whether Python's str has the method and whether it is supported here.
bool is_text_method(const std::string& name);
bool is_supported_text_method(const std::string& name);

/// value | name(arguments).
Value apply_filter(const std::string& name, const Value& value, const Arguments& arguments);
/// The two halves of apply_filter; nothing where `name` is none of theirs.
std::optional<Value> apply_text_filter(const std::string& name, const Value& value,
                                       const Arguments& arguments);
std::optional<Value> apply_sequence_filter(const std::string& name, const Value& value,
                                           const Arguments& arguments);
/// value is name(arguments).
bool apply_test(const std::string& name, const Value& value, const Arguments& arguments);

}  // namespace selfreward::jinja
