// The methods of Python's str that templates call.
#include <algorithm>
#include <map>
#include <set>

#include "text/jinja/calls.h"
#include "text/jinja/print.h"
#include "text/jinja/text.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

namespace {

using Method = Value (*)(const MarkedText& self, const std::string& name, const Arguments& arguments);

/// The argument, where None counts as not given.
std::optional<std::string> optional_text(const Value* argument) {
  if (!argument || argument->is<None>()) return std::nullopt;
  return text_argument(argument, "");
}

Value strip_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  const auto chars = optional_text(arguments.bind("str." + name, {"chars"})[0]);
  const Side side = name == "strip" ? Side::both : name == "lstrip" ? Side::left : Side::right;
  return make_text(piece_of(self, strip_text(self.text, side, chars)));
}

Value text_list(const MarkedText& whole, const std::vector<std::string_view>& pieces) {
  check(pieces.size() <= kMaxNodes, "a list of ", pieces.size(), " strings is too long");
  std::vector<Value> items;
  for (const std::string_view piece : pieces) items.push_back(make_text(piece_of(whole, piece)));
  return make_list(std::move(items));
}

Value split_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  const auto bound = arguments.bind("str." + name, {"sep", "maxsplit"});
  const auto separator = optional_text(bound[0]);
  const int64_t limit = integer_argument(bound[1], -1);
  const bool from_end = name == "rsplit" && limit >= 0;
  check(separator || !from_end, "str.rsplit with a limit and without a separator is not supported");
  if (!separator) return text_list(self, split_at_space(self.text, limit));
  check(!separator->empty(), "empty separator");
  return text_list(
      self, from_end ? split_at_end(self.text, *separator, limit) : split_at(self.text, *separator, limit));
}

Value lines_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  check(!flag_argument(arguments.bind("str." + name, {"keepends"})[0], false),
        "str.splitlines with keepends is not supported");
  return text_list(self, split_lines(self.text));
}

Value affix_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  const Value& affix = *arguments.bind("str." + name, {"affix"}, 1)[0];
  const Sequence* choices = affix.sequence();
  check(affix.text() || (choices && choices->kind == SequenceKind::tuple), name,
        " first arg must be str or a tuple of str, not ", type_name(affix));
  for (const Value& choice : choices ? choices->items : std::vector<Value>{affix}) {
    const std::string wanted = text_argument(&choice, "");
    if (name == "startswith" ? self.text.starts_with(wanted) : self.text.ends_with(wanted)) return {true};
  }
  return {false};
}

Value remove_affix_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  const std::string affix = text_argument(arguments.bind("str." + name, {"affix"}, 1)[0], "");
  std::string_view rest = self.text;
  if (name == "removeprefix" && rest.starts_with(affix)) rest.remove_prefix(affix.size());
  if (name == "removesuffix" && rest.ends_with(affix)) rest.remove_suffix(affix.size());
  return make_text(piece_of(self, rest));
}

Value case_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  arguments.bind("str." + name, {});
  if (name == "upper") return make_text(change_case(self, to_upper));
  if (name == "lower") return make_text(change_case(self, to_lower));
  return make_text(marked_like(name == "title" ? title_text(self.text) : capitalize_text(self.text), self));
}

Value replace_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  const auto bound = arguments.bind("str." + name, {"old", "new", "count"}, 2);
  text_argument(bound[1], "");  // must be a str
  return make_text(
      replace_text(self, text_argument(bound[0], ""), *bound[1]->marked(), integer_argument(bound[2], -1)));
}

Value join_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  std::vector<MarkedText> pieces;
  for (const Value& item : iterate(*arguments.bind("str." + name, {"iterable"}, 1)[0])) {
    check(item.text(), "sequence item ", pieces.size(), ": expected str instance, ", type_name(item),
          " found");
    pieces.push_back(*item.marked());
  }
  return make_text(join_texts(self, pieces));
}

Value find_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  const std::string wanted = text_argument(arguments.bind("str." + name, {"sub"}, 1)[0], "");
  if (name == "count") {
    if (wanted.empty()) return {static_cast<int64_t>(count_characters(self.text) + 1)};
    return {static_cast<int64_t>(split_at(self.text, wanted, -1).size() - 1)};
  }
  const size_t at = name == "rfind" ? find_last(self.text, wanted) : find_text(self.text, wanted);
  check(at != std::string::npos || name != "index", "substring not found");
  if (at == std::string::npos) return {int64_t{-1}};
  return {static_cast<int64_t>(count_characters(std::string_view(self.text).substr(0, at)))};
}

Value partition_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  const std::string separator = text_argument(arguments.bind("str." + name, {"sep"}, 1)[0], "");
  check(!separator.empty(), "empty separator");
  const size_t at = name == "partition" ? find_text(self.text, separator) : find_last(self.text, separator);
  const Value empty = make_text("");
  if (at == std::string::npos && name == "partition") return make_tuple({make_text(self), empty, empty});
  if (at == std::string::npos) return make_tuple({empty, empty, make_text(self)});
  const std::string_view text = self.text;
  const auto part = [&](size_t begin, size_t size) {
    return make_text(piece_of(self, text.substr(begin, size)));
  };
  const size_t end = at + separator.size();
  return make_tuple({part(0, at), part(at, separator.size()), part(end, text.size() - end)});
}

Value format_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  check(name == "format", "str.", name, " is not supported");
  std::vector<MarkedText> positional;
  std::vector<std::pair<std::string, MarkedText>> named;
  for (const Value& value : arguments.positional) positional.push_back(to_text(value));
  for (const auto& [key, value] : arguments.named) named.emplace_back(key, to_text(value));
  return make_text(format_text(self, positional, named));
}

Value class_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  arguments.bind("str." + name, {});
  const auto in_class = [&](std::string_view c) {
    if (name == "isspace") return is_space(code_point(c));
    check(c.size() == 1 && code_point(c) < 0x80, "str.", name, " of non-ASCII text is not supported");
    const bool digit = c[0] >= '0' && c[0] <= '9', letter = to_lower(c) != to_upper(c);
    return name == "isdigit" ? digit : name == "isalpha" ? letter : digit || letter;
  };
  const auto pieces = characters(self.text);
  return {!pieces.empty() && std::all_of(pieces.begin(), pieces.end(), in_class)};
}

const std::map<std::string, Method>& methods() {
  static const std::map<std::string, Method> kMethods = {{"strip", strip_method},
                                                         {"lstrip", strip_method},
                                                         {"rstrip", strip_method},
                                                         {"split", split_method},
                                                         {"rsplit", split_method},
                                                         {"splitlines", lines_method},
                                                         {"startswith", affix_method},
                                                         {"endswith", affix_method},
                                                         {"removeprefix", remove_affix_method},
                                                         {"removesuffix", remove_affix_method},
                                                         {"upper", case_method},
                                                         {"lower", case_method},
                                                         {"title", case_method},
                                                         {"capitalize", case_method},
                                                         {"replace", replace_method},
                                                         {"join", join_method},
                                                         {"find", find_method},
                                                         {"rfind", find_method},
                                                         {"index", find_method},
                                                         {"count", find_method},
                                                         {"partition", partition_method},
                                                         {"rpartition", partition_method},
                                                         {"format", format_method},
                                                         {"isdigit", class_method},
                                                         {"isalpha", class_method},
                                                         {"isalnum", class_method},
                                                         {"isspace", class_method}};
  return kMethods;
}

}  // namespace

bool is_supported_text_method(const std::string& name) {
  return methods().count(name) > 0;
}

bool is_text_method(const std::string& name) {
  static const std::set<std::string> kOthers = {
      "casefold",  "center",       "encode",    "expandtabs",  "format_map", "isascii", "isdecimal",
      "islower",   "isidentifier", "isnumeric", "isprintable", "istitle",    "isupper", "ljust",
      "maketrans", "rindex",       "rjust",     "swapcase",    "translate",  "zfill"};
  return is_supported_text_method(name) || kOthers.count(name) > 0;
}

Value call_text_method(const MarkedText& self, const std::string& name, const Arguments& arguments) {
  return methods().at(name)(self, name, arguments);
}

}  // namespace selfreward::jinja
