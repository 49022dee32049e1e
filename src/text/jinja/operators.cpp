#include "text/jinja/operators.h"

#include <cmath>
#include <compare>

#include "text/jinja/text.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

namespace {

/// As Python compares them: an int with a float by its exact value, not by the nearest float.
std::partial_ordering order_of(Integer a, double b) {
  if (!(std::abs(b) < 0x1p127)) return 0.0 <=> b;  // an infinity, NaN or beyond every Integer
  const double whole = std::trunc(b);
  const auto integer = static_cast<Integer>(whole);
  return a == integer ? whole <=> b : a <=> integer;
}

/// Nothing where one of them is no number.
std::optional<std::partial_ordering> order_of_numbers(const Value& a, const Value& b) {
  const auto x = as_integer(a), y = as_integer(b);
  const double *u = a.as<double>(), *v = b.as<double>();
  if (x && y) return *x <=> *y;
  if (u && v) return *u <=> *v;
  if (x && v) return order_of(*x, *v);
  if (u && y) return 0 <=> order_of(*y, *u);
  return std::nullopt;
}

const std::string* text_or_markup(const Value& value) {
  const auto* markup = value.as<Markup>();
  return markup ? &markup->text->text : value.text();
}

bool equal_items(const Sequence& a, const Sequence& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.kind >= SequenceKind::view || a.items.size() != b.items.size()) return false;
  for (size_t i = 0; i < a.items.size(); ++i) {
    if (!equal(a.items[i], b.items[i])) return false;
  }
  return true;
}

bool equal_dicts(const Dict& a, const Dict& b) {
  if (a.items.size() != b.items.size()) return false;
  for (const auto& [key, value] : a.items) {
    const Value* other = find(b, key);
    if (!other || !equal(value, *other)) return false;
  }
  return true;
}

}  // namespace

bool equal(const Value& a, const Value& b) {
  if (const auto order = order_of_numbers(a, b)) return *order == 0;
  const std::string *s = text_or_markup(a), *t = text_or_markup(b);
  if (s && t) return *s == *t;
  if (a.sequence() && b.sequence()) return equal_items(*a.sequence(), *b.sequence());
  if (a.dict() && b.dict()) return equal_dicts(*a.dict(), *b.dict());
  if (a.is<std::shared_ptr<Namespace>>())
    return b.is<std::shared_ptr<Namespace>>() && a.data.index() == b.data.index() &&
           *a.as<std::shared_ptr<Namespace>>() == *b.as<std::shared_ptr<Namespace>>();
  return (a.is<Undefined>() && b.is<Undefined>()) || (a.is<None>() && b.is<None>());
}

const Value* find(const Dict& dict, const Value& key) {
  for (const auto& [name, value] : dict.items) {
    if (equal(name, key)) return &value;
  }
  return nullptr;
}

bool less(const Value& a, const Value& b) {
  if (const auto order = order_of_numbers(a, b)) return *order < 0;
  if (a.text() && b.text()) return *a.text() < *b.text();  // byte order is code point order in UTF-8
  const Sequence *s = a.sequence(), *t = b.sequence();
  check(s && t && s->kind == t->kind && s->kind <= SequenceKind::tuple,
        "'<' not supported between instances of '", type_name(a), "' and '", type_name(b), "'");
  for (size_t i = 0; i < s->items.size() && i < t->items.size(); ++i) {
    if (!equal(s->items[i], t->items[i])) return less(s->items[i], t->items[i]);
  }
  return s->items.size() < t->items.size();
}

bool contains(const Value& container, const Value& item) {
  if (const std::string* text = container.text()) {
    check(item.text(), "'in <string>' requires string as left operand, not ", type_name(item));
    return find_text(*text, *item.text()) != std::string::npos;
  }
  if (const Dict* dict = container.dict()) return find(*dict, item) != nullptr;
  check(container.sequence() || container.is<Undefined>(), "argument of type '", type_name(container),
        "' is not iterable");
  for (const Value& member : iterate(container)) {
    if (equal(member, item)) return true;
  }
  return false;
}

bool compare(std::string_view op, const Value& a, const Value& b) {
  if (op == "==") return equal(a, b);
  if (op == "!=") return !equal(a, b);
  if (op == "in") return contains(b, a);
  if (op == "not in") return !contains(b, a);
  for (const Value* value : {&a, &b}) {
    if (const auto* undefined = value->as<Undefined>()) fail(*undefined->reason);
    const double* number = value->as<double>();
    if (number && std::isnan(*number)) return false;
  }
  if (op == "<") return less(a, b);
  if (op == ">") return less(b, a);
  return op == "<=" ? less(a, b) || equal(a, b) : less(b, a) || equal(a, b);
}

namespace {

Value floored(std::string_view op, Integer a, Integer b) {
  check(b != 0, "integer division or modulo by zero");
  if (b == -1) return op == "%" ? Value{Integer{0}} : with_sign(true, {a});
  const Integer remainder = a % b;
  const bool round_down = remainder != 0 && (remainder < 0) != (b < 0);
  if (op == "%") return {round_down ? remainder + b : remainder};
  return {round_down ? a / b - 1 : a / b};
}

Value integer_power(Integer base, Integer exponent) {
  if (exponent < 0) {
    check(base != 0, "0.0 cannot be raised to a negative power");
    return {std::pow(static_cast<double>(base), static_cast<double>(exponent))};
  }
  if (base >= -1 && base <= 1) exponent = exponent > 1 ? 2 - exponent % 2 : exponent;
  Integer result = 1;
  for (; exponent > 0; --exponent) {
    check(!__builtin_mul_overflow(result, base, &result), "an integer beyond 127 bits is not supported");
  }
  return {result};
}

Value integer_arithmetic(std::string_view op, Integer a, Integer b) {
  if (op == "//" || op == "%") return floored(op, a, b);
  if (op == "**") return integer_power(a, b);
  Integer result = 0;
  const bool overflow = op == "+"   ? __builtin_add_overflow(a, b, &result)
                        : op == "-" ? __builtin_sub_overflow(a, b, &result)
                                    : __builtin_mul_overflow(a, b, &result);
  check(!overflow, "an integer beyond 127 bits is not supported");
  return {result};
}

Value float_arithmetic(std::string_view op, double a, double b) {
  if (op == "+") return {a + b};
  if (op == "-") return {a - b};
  if (op == "*") return {a * b};
  if (op == "**") {
    check(a >= 0 || b == std::floor(b), "a complex number is not supported");
    check(a != 0 || b >= 0, "0.0 cannot be raised to a negative power");
    return {std::pow(a, b)};
  }
  check(b != 0, "float division by zero");
  if (op == "/") return {a / b};
  double remainder = std::fmod(a, b);
  if (remainder != 0 && (remainder < 0) != (b < 0)) remainder += b;
  if (op == "%") return {remainder == 0 ? std::copysign(0.0, b) : remainder};
  return {std::round((a - remainder) / b)};
}

Value repeat(const Value& value, Integer times) {
  check(times <= INT64_MAX, "a text or list grows too large");
  const auto count = static_cast<size_t>(std::max<Integer>(times, 0));
  if (const MarkedText* marked = value.marked()) {
    const std::string& text = marked->text;
    check(text.empty() || count <= kMaxText / text.size(), "a string grows beyond ", kMaxText, " bytes");
    MarkedText out;
    for (size_t i = 0; i < count && !text.empty(); ++i) append(out, *marked);
    return make_text(std::move(out));
  }
  const Sequence& sequence = *value.sequence();
  check(sequence.items.empty() || count <= kMaxNodes / sequence.nodes, "a list grows too large");
  std::vector<Value> items;
  for (size_t i = 0; i < count && !sequence.items.empty(); ++i) {
    items.insert(items.end(), sequence.items.begin(), sequence.items.end());
  }
  return make_sequence(sequence.kind, std::move(items));
}

bool is_string(const Value& value) {
  return value.text() || value.is<Markup>();
}

/// a + b; where one is the result of safe or escape, the other is escaped.
Value add_texts(const Value& a, const Value& b) {
  const bool markup = a.is<Markup>() || b.is<Markup>();
  const auto part = [&](const Value& value) {
    if (const auto* safe = value.as<Markup>()) return *safe->text;
    return markup ? escape_text(*value.marked()) : *value.marked();
  };
  MarkedText sum = part(a);
  append(sum, part(b));
  if (!markup) return make_text(std::move(sum));
  return {Markup{std::make_shared<const MarkedText>(std::move(sum))}};
}

bool can_repeat(const Value& value) {
  return value.text() || (value.sequence() && value.sequence()->kind <= SequenceKind::tuple);
}

std::optional<Value> add_sequences(const Value& a, const Value& b) {
  const Sequence *s = a.sequence(), *t = b.sequence();
  if (!s || !t || s->kind != t->kind || s->kind > SequenceKind::tuple) return std::nullopt;
  std::vector<Value> items = s->items;
  items.insert(items.end(), t->items.begin(), t->items.end());
  return make_sequence(s->kind, std::move(items));
}

}  // namespace

Value arithmetic(std::string_view op, const Value& a, const Value& b) {
  for (const Value* value : {&a, &b}) {
    if (const auto* undefined = value->as<Undefined>()) fail(*undefined->reason);
  }
  const auto x = as_integer(a), y = as_integer(b);
  if (x && y && op != "/") return integer_arithmetic(op, *x, *y);
  const auto u = as_number(a), v = as_number(b);
  if (u && v) return float_arithmetic(op, *u, *v);
  if (op == "+" && is_string(a) && is_string(b)) return add_texts(a, b);
  if (op == "+") {
    if (auto sum = add_sequences(a, b)) return *sum;
  }
  if (op == "*" && can_repeat(a) && y) return repeat(a, *y);
  if (op == "*" && can_repeat(b) && x) return repeat(b, *x);
  fail("unsupported operand type(s) for ", op, ": '", type_name(a), "' and '", type_name(b), "'");
}

Value with_sign(bool minus, const Value& value) {
  if (const auto* undefined = value.as<Undefined>()) fail(*undefined->reason);
  if (const auto integer = as_integer(value)) return integer_arithmetic(minus ? "-" : "+", 0, *integer);
  const double* number = value.as<double>();
  check(number, "bad operand type for unary ", minus ? "-" : "+", ": '", type_name(value), "'");
  return {minus ? -*number : *number};
}

std::optional<size_t> resolve_index(Integer index, size_t length) {
  const auto size = static_cast<Integer>(length);
  if (index >= size || index < -size) return std::nullopt;
  return static_cast<size_t>(index < 0 ? index + size : index);
}

namespace {

/// A bound of a slice as Python clamps it; `absent` where it is left out.
Integer bound(const Value& value, Integer length, bool backward, Integer absent) {
  if (value.is<None>()) return absent;
  const auto index = as_integer(value);
  check(index.has_value(), "slice indices must be integers or None, not ", type_name(value));
  const Integer from_start = *index < 0 ? std::max(*index, -length - 1) + length : *index;
  return backward ? std::clamp<Integer>(from_start, -1, length - 1)
                  : std::clamp<Integer>(from_start, 0, length);
}

std::vector<size_t> slice_indices(const Value& start, const Value& stop, const Value& step, size_t size) {
  const auto length = static_cast<Integer>(size);
  check(step.is<None>() || as_integer(step), "slice indices must be integers or None, not ", type_name(step));
  // A step beyond the length takes one item, whatever its size.
  const Integer stride =
      std::clamp<Integer>(step.is<None>() ? 1 : *as_integer(step), -length - 1, length + 1);
  check(stride != 0, "slice step cannot be zero");
  const bool backward = stride < 0;
  const Integer first = bound(start, length, backward, backward ? length - 1 : 0);
  const Integer end = bound(stop, length, backward, backward ? -1 : length);
  std::vector<size_t> indices;
  for (Integer i = first; backward ? i > end : i < end; i += stride)
    indices.push_back(static_cast<size_t>(i));
  return indices;
}

/// The characters at `indices`, neighbours in one go.
MarkedText pick(const MarkedText& text, const std::vector<std::string_view>& pieces,
                const std::vector<size_t>& indices) {
  MarkedText out;
  for (size_t first = 0, last = 0; first < indices.size(); first = last + 1) {
    last = first;
    while (last + 1 < indices.size() && indices[last + 1] == indices[last] + 1) ++last;
    const char *begin = pieces[indices[first]].data(),
               *end = pieces[indices[last]].data() + pieces[indices[last]].size();
    append(out, piece_of(text, {begin, static_cast<size_t>(end - begin)}));
  }
  return out;
}

}  // namespace

Value slice(const Value& value, const Value& start, const Value& stop, const Value& step) {
  if (const auto* undefined = value.as<Undefined>()) fail(*undefined->reason);
  if (const MarkedText* text = value.marked()) {
    const auto pieces = characters(text->text);
    return make_text(pick(*text, pieces, slice_indices(start, stop, step, pieces.size())));
  }
  const Sequence* sequence = value.sequence();
  check(sequence && sequence->kind <= SequenceKind::range, "'", type_name(value),
        "' object cannot be sliced");
  std::vector<Value> items;
  for (const size_t i : slice_indices(start, stop, step, sequence->items.size()))
    items.push_back(sequence->items[i]);
  return make_sequence(sequence->kind, std::move(items));
}

}  // namespace selfreward::jinja
