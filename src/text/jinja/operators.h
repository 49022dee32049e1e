#pragma once
// Python's operators on template values. What Python refuses is an Error that names the types.
#include <string_view>

#include "text/jinja/value.h"

namespace selfreward::jinja {

/// ==, which never fails.
bool equal(const Value& a, const Value& b);
/// The value under `key`, or null.
const Value* find(const Dict& dict, const Value& key);
/// a < b for numbers, strings, lists and tuples.
bool less(const Value& a, const Value& b);
/// item in container.
bool contains(const Value& container, const Value& item);
/// One of == != < <= > >= in, "not in".
bool compare(std::string_view op, const Value& a, const Value& b);
/// One of + - * / // % **. Integers beyond 127 bits are an Error.
Value arithmetic(std::string_view op, const Value& a, const Value& b);
/// -value or +value.
Value with_sign(bool minus, const Value& value);
/// value[start:stop:step]; None stands for a bound that is left out.
Value slice(const Value& value, const Value& start, const Value& stop, const Value& step);
/// The item at `index`, counted from the end where negative; nothing if out of range.
std::optional<size_t> resolve_index(Integer index, size_t length);

}  // namespace selfreward::jinja
