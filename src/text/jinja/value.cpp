#include "text/jinja/value.h"

#include "text/jinja/unicode.h"

namespace selfreward::jinja {

bool Loop::has(size_t index) {
  while (items.size() <= index) {
    std::optional<Value> next = pull();
    if (!next) return false;
    items.push_back(*std::move(next));
  }
  return true;
}

size_t Loop::length() {
  while (has(items.size())) {
  }
  return items.size();
}

const MarkedText* Value::marked() const {
  const auto* found = as<Text>();
  return found ? found->get() : nullptr;
}

const std::string* Value::text() const {
  const MarkedText* found = marked();
  return found ? &found->text : nullptr;
}

const Sequence* Value::sequence() const {
  const auto* found = as<std::shared_ptr<const Sequence>>();
  return found ? found->get() : nullptr;
}

const Dict* Value::dict() const {
  const auto* found = as<std::shared_ptr<const Dict>>();
  return found ? found->get() : nullptr;
}

namespace {

size_t nesting_of(const Value& value) {
  if (const Sequence* sequence = value.sequence()) return sequence->nesting;
  if (const Dict* dict = value.dict()) return dict->nesting;
  return 0;
}

/// Adds a member to the counts of its container. What is refused here could make a cycle or outlive its
/// scope.
void count_member(const Value& member, size_t& nodes, size_t& nesting) {
  const bool bound = member.is<std::shared_ptr<Namespace>>() || member.is<Function>() || member.is<Macro>() ||
                     member.is<Loop*>();
  check(!bound, "a ", type_name(member), " inside a list, dict or namespace is not supported");
  nodes += weight(member);
  nesting = std::max(nesting, nesting_of(member) + 1);
  check(nodes <= kMaxNodes && nesting <= kMaxNesting, "a list or dict grows too large or too deep");
}

}  // namespace

Value make_text(std::string text) {
  return make_text(MarkedText{std::move(text), {}});
}

Value make_text(MarkedText text) {
  check(text.text.size() <= kMaxText, "a string grows beyond ", kMaxText, " bytes");
  return {std::make_shared<const MarkedText>(std::move(text))};
}

Value make_undefined(std::string reason) {
  return {Undefined{std::make_shared<const std::string>(std::move(reason))}};
}

Value make_sequence(SequenceKind kind, std::vector<Value> items) {
  Sequence sequence{kind, std::move(items)};
  for (const Value& item : sequence.items) count_member(item, sequence.nodes, sequence.nesting);
  return {std::make_shared<const Sequence>(std::move(sequence))};
}

Value make_dict(std::vector<std::pair<Value, Value>> items) {
  Dict dict{std::move(items)};
  for (const auto& [key, value] : dict.items) {
    count_member(key, dict.nodes, dict.nesting);
    count_member(value, dict.nodes, dict.nesting);
  }
  return {std::make_shared<const Dict>(std::move(dict))};
}

Value from_json(const Json& json, bool is_data) {
  const auto text = [&](std::string s) {
    return make_text(is_data ? data_text(std::move(s)) : MarkedText{std::move(s), {}});
  };
  if (json.is_null()) return {None{}};
  if (json.is_boolean()) return {json.get<bool>()};
  if (json.is_number_float()) return {json.get<double>()};
  if (json.is_number_unsigned()) return {Integer{json.get<uint64_t>()}};
  if (json.is_number()) return {Integer{json.get<int64_t>()}};
  if (json.is_string()) return text(json.get<std::string>());
  if (json.is_array()) {
    std::vector<Value> items;
    for (const Json& item : json) items.push_back(from_json(item, is_data));
    return make_list(std::move(items));
  }
  std::vector<std::pair<Value, Value>> items;
  for (const auto& [key, value] : json.items()) items.emplace_back(text(key), from_json(value, is_data));
  return make_dict(std::move(items));
}

std::string type_name(const Value& value) {
  if (const Sequence* sequence = value.sequence()) {
    static constexpr const char* kNames[] = {"list", "tuple", "range", "dict view", "iterator"};
    return kNames[static_cast<size_t>(sequence->kind)];
  }
  static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool", "int",  "float",
                                           "str",       "Markup",   "list", "dict", "namespace",
                                           "function",  "macro",    "loop"};
  return kNames[value.data.index()];
}

bool truthy(const Value& value) {
  if (value.is<Undefined>() || value.is<None>()) return false;
  if (const auto number = as_number(value)) return *number != 0;
  if (const std::string* text = value.text()) return !text->empty();
  if (const auto* markup = value.as<Markup>()) return !markup->text->text.empty();
  if (const Sequence* sequence = value.sequence()) {
    return sequence->kind == SequenceKind::iterator || !sequence->items.empty();
  }
  if (const Dict* dict = value.dict()) return !dict->items.empty();
  return true;
}

size_t length_of(const Value& value) {
  if (value.is<Undefined>()) return 0;
  if (const std::string* text = value.text()) return count_characters(*text);
  if (const Dict* dict = value.dict()) return dict->items.size();
  if (const auto* loop = value.as<Loop*>()) return (*loop)->length();
  const Sequence* sequence = value.sequence();
  check(sequence && sequence->kind != SequenceKind::iterator, "object of type '", type_name(value),
        "' has no len()");
  return sequence->items.size();
}

std::vector<Value> iterate(const Value& value) {
  std::vector<Value> items;
  if (value.is<Undefined>()) return items;
  if (const Sequence* sequence = value.sequence()) {
    if (sequence->kind == SequenceKind::iterator && std::exchange(sequence->consumed, true)) return items;
    return sequence->items;
  }
  if (const MarkedText* marked = value.marked()) {
    const std::string& text = marked->text;
    check(text.size() <= kMaxNodes, "a loop over a string of ", text.size(), " bytes is too long");
    for (const std::string_view c : characters(text)) items.push_back(make_text(piece_of(*marked, c)));
    return items;
  }
  const Dict* dict = value.dict();
  check(dict, "'", type_name(value), "' object is not iterable");
  for (const auto& [key, unused] : dict->items) items.push_back(key);
  return items;
}

size_t weight(const Value& value) {
  if (const std::string* text = value.text()) return 1 + text->size() / 8;
  if (const Sequence* sequence = value.sequence()) return sequence->nodes;
  if (const Dict* dict = value.dict()) return dict->nodes;
  return 1;
}

std::optional<Integer> as_integer(const Value& value) {
  if (const bool* boolean = value.as<bool>()) return *boolean ? 1 : 0;
  if (const Integer* integer = value.as<Integer>()) return *integer;
  return std::nullopt;
}

std::string integer_text(Integer integer) {
  std::string digits;
  for (Integer rest = integer; rest != 0 || digits.empty(); rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  if (integer < 0) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

std::optional<Integer> parse_integer(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  Integer integer = 0;
  for (const char c : text) {
    const Integer digit = minus ? '0' - c : c - '0';
    if (c < '0' || c > '9' || __builtin_mul_overflow(integer, Integer{10}, &integer) ||
        __builtin_add_overflow(integer, digit, &integer))
      return std::nullopt;
  }
  return integer;
}

std::optional<double> as_number(const Value& value) {
  if (const double* number = value.as<double>()) return *number;
  if (const auto integer = as_integer(value)) return static_cast<double>(*integer);
  return std::nullopt;
}

void append(std::string& out, std::string_view piece) {
  check(out.size() + piece.size() <= kMaxText, "a string grows beyond ", kMaxText, " bytes");
  out += piece;
}

void append(MarkedText& out, std::string_view of_template) {
  append(out.text, of_template);
}

void append(MarkedText& out, const MarkedText& piece) {
  check(out.text.size() + piece.text.size() <= kMaxText, "a string grows beyond ", kMaxText, " bytes");
  append_marked(out, piece);
}

}  // namespace selfreward::jinja
