#pragma once
// The values of a template: Python's, as far as chat templates see them. Nothing but a namespace can change,
// so values are shared, never copied deeply. Sizes and nesting are bounded: a bad template is an Error.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "text/unicode/marked_text.h"

namespace selfreward::jinja {

constexpr size_t kMaxText = size_t{1} << 23;   // bytes of one string
constexpr size_t kMaxNodes = size_t{1} << 22;  // values inside one value, shared ones counted each time
constexpr size_t kMaxNesting = 200;            // lists inside lists

/// Python's int up to 127 bits: every integer of JSON that 64 bits hold, and what is computed from it.
using Integer = __int128;

struct Value;
struct MacroStatement;
struct Scope;

/// A name or key that is not there; `reason` is what using it says ("'x' is undefined").
struct Undefined {
  std::shared_ptr<const std::string> reason;
};
struct None {};
/// The result of the filters safe and escape: it can be printed, joined with `~`, or added with `+`, which
/// escapes the other side.
struct Markup {
  std::shared_ptr<const MarkedText> text;
};
using Text = std::shared_ptr<const MarkedText>;

/// iterator is what map, select, reverse ... give: always true, without length, and empty once it was read.
enum class SequenceKind { list, tuple, range, view, iterator };
struct Sequence {
  SequenceKind kind;
  std::vector<Value> items;
  size_t nodes = 1, nesting = 1;
  mutable bool consumed = false;
};
struct Dict {
  std::vector<std::pair<Value, Value>> items;
  size_t nodes = 1, nesting = 1;
};
/// What namespace(...) makes.
struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
};
/// A builtin function (`self` is null) or a method of a value: messages.items.
struct Function {
  std::string name;
  std::shared_ptr<const Value> self;
};
/// A macro and the scope it was defined in, which outlives it: macros cannot be stored in containers.
struct Macro {
  const MacroStatement* statement = nullptr;
  Scope* scope = nullptr;
};
/// The items of a running loop. They are pulled one by one, as a filter `for x in y if ...` is lazy.
struct Loop {
  std::function<std::optional<Value>()> pull;
  std::vector<Value> items;
  size_t index0 = 0;
  bool has(size_t index);
  size_t length();
};

struct Value {
  std::variant<Undefined, None, bool, Integer, double, Text, Markup, std::shared_ptr<const Sequence>,
               std::shared_ptr<const Dict>, std::shared_ptr<Namespace>, Function, Macro, Loop*>
      data;

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(data);
  }
  /// The string, list or tuple or ..., dict or null if the value is something else.
  const std::string* text() const;
  const MarkedText* marked() const;
  const Sequence* sequence() const;
  const Dict* dict() const;
};

/// Text of the template, and text some of which is data.
Value make_text(std::string text);
Value make_text(MarkedText text);
Value make_undefined(std::string reason);
/// Throws Error where the value is too large, too deep, or holds a namespace, macro, method or loop.
Value make_sequence(SequenceKind kind, std::vector<Value> items);
Value make_dict(std::vector<std::pair<Value, Value>> items);
inline Value make_list(std::vector<Value> items) {
  return make_sequence(SequenceKind::list, std::move(items));
}
inline Value make_tuple(std::vector<Value> items) {
  return make_sequence(SequenceKind::tuple, std::move(items));
}
/// Lists become lists, objects dicts with their order. All text is marked where it `is_data`.
Value from_json(const Json& json, bool is_data = false);

/// Python's name of the type: str, NoneType, list ...
std::string type_name(const Value& value);
bool truthy(const Value& value);
/// len(value); a value without one is an Error.
size_t length_of(const Value& value);
/// The items, keys or characters that a loop over `value` sees. Reads an iterator up.
std::vector<Value> iterate(const Value& value);
/// How many steps reading all of `value` costs.
size_t weight(const Value& value);
/// bool, int: the integer; anything else is nothing.
std::optional<Integer> as_integer(const Value& value);
/// The digits of an integer, and the integer of "-12"; nothing where the text is none of at most 127 bits.
std::string integer_text(Integer integer);
std::optional<Integer> parse_integer(std::string_view text);
/// bool, int, float.
std::optional<double> as_number(const Value& value);
/// `out` += `piece`, an Error beyond kMaxText.
void append(std::string& out, std::string_view piece);
void append(MarkedText& out, std::string_view of_template);
void append(MarkedText& out, const MarkedText& piece);

}  // namespace selfreward::jinja
