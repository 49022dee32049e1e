// Operators, literals and displays; what follows a value is in postfix_parser.cpp.
#include <algorithm>

#include "text/jinja/parser.h"

namespace selfreward::jinja {

/// One expression, or several with commas: a tuple.
ExpressionPtr Parser::parse_expressions(bool with_conditional, bool empty_allowed) {
  const int line = current().line;
  const auto at_end = [&] {
    return current().kind == TokenKind::print_end || current().kind == TokenKind::block_end || at_op(")");
  };
  std::vector<ExpressionPtr> items;
  bool is_tuple = false;
  while (!at_end()) {
    items.push_back(parse_expression(with_conditional));
    if (!skip_op(",")) break;
    is_tuple = true;
  }
  if (items.empty() && !empty_allowed) unexpected("an expression");
  if (items.size() == 1 && !is_tuple) return std::move(items[0]);
  return make(line, ListDisplay{true, std::move(items)});
}

ExpressionPtr Parser::parse_expression(bool with_conditional) {
  const Deeper deeper(*this);
  const int line = current().line;
  ExpressionPtr value = parse_or();
  while (with_conditional && skip_word("if")) {
    ExpressionPtr test = parse_or();
    ExpressionPtr otherwise = skip_word("else") ? parse_expression() : nullptr;
    value = make(line, Conditional{std::move(test), std::move(value), std::move(otherwise)});
  }
  return value;
}

ExpressionPtr Parser::parse_or() {
  const int line = current().line;
  ExpressionPtr left = parse_and();
  while (skip_word("or")) left = make(line, Logic{false, std::move(left), parse_and()});
  return left;
}

ExpressionPtr Parser::parse_and() {
  const int line = current().line;
  ExpressionPtr left = parse_not();
  while (skip_word("and")) left = make(line, Logic{true, std::move(left), parse_not()});
  return left;
}

ExpressionPtr Parser::parse_not() {
  const Deeper deeper(*this);
  const int line = current().line;
  if (skip_word("not")) return make(line, NotOperation{parse_not()});
  return parse_comparison();
}

ExpressionPtr Parser::parse_comparison() {
  static constexpr std::string_view kOperators[] = {"==", "!=", "<", "<=", ">", ">="};
  const int line = current().line;
  ExpressionPtr first = parse_sum();
  std::vector<std::pair<std::string, ExpressionPtr>> rest;
  while (true) {
    std::string op = current().text;
    const bool symbol = current().kind == TokenKind::op &&
                        std::find(std::begin(kOperators), std::end(kOperators), op) != std::end(kOperators);
    const bool not_in = at_word("not") && following().kind == TokenKind::name && following().text == "in";
    if (!symbol && !at_word("in") && !not_in) break;
    position_ += not_in ? 2 : 1;
    rest.emplace_back(not_in ? "not in" : std::move(op), parse_sum());
  }
  if (rest.empty()) return first;
  return make(line, Comparison{std::move(first), std::move(rest)});
}

ExpressionPtr Parser::parse_sum() {
  const int line = current().line;
  ExpressionPtr left = parse_concatenation();
  while (at_op("+") || at_op("-")) {
    const std::string op = tokens_[position_++].text;
    left = make(line, Arithmetic{op, std::move(left), parse_concatenation()});
  }
  return left;
}

ExpressionPtr Parser::parse_concatenation() {
  const int line = current().line;
  std::vector<ExpressionPtr> parts;
  parts.push_back(parse_product());
  while (skip_op("~")) parts.push_back(parse_product());
  if (parts.size() == 1) return std::move(parts[0]);
  return make(line, Concatenation{std::move(parts)});
}

ExpressionPtr Parser::parse_product() {
  const int line = current().line;
  ExpressionPtr left = parse_power();
  while (at_op("*") || at_op("/") || at_op("//") || at_op("%")) {
    const std::string op = tokens_[position_++].text;
    left = make(line, Arithmetic{op, std::move(left), parse_power()});
  }
  return left;
}

ExpressionPtr Parser::parse_power() {
  const int line = current().line;
  ExpressionPtr left = parse_unary();
  while (skip_op("**")) left = make(line, Arithmetic{"**", std::move(left), parse_unary()});
  return left;
}

ExpressionPtr Parser::parse_unary(bool with_filter) {
  const Deeper deeper(*this);
  const int line = current().line;
  ExpressionPtr value;
  if (skip_op("-")) {
    value = make(line, SignOperation{true, parse_unary(false)});
  } else if (skip_op("+")) {
    value = make(line, SignOperation{false, parse_unary(false)});
  } else {
    value = parse_primary();
  }
  value = parse_postfix(std::move(value));
  return with_filter ? parse_filters_and_tests(std::move(value)) : std::move(value);
}

ExpressionPtr Parser::parse_name_or_constant() {
  const int line = current().line;
  const std::string name = expect_name();
  if (name == "true" || name == "True") return make(line, Literal{{true}});
  if (name == "false" || name == "False") return make(line, Literal{{false}});
  if (name == "none" || name == "None") return make(line, Literal{{None{}}});
  const bool in_macro = !macros_use_caller_.empty();
  if (in_macro && name == "caller") macros_use_caller_.back() = true;
  if (in_macro && (name == "varargs" || name == "kwargs"))
    fail_at(line, "'" + name + "' in a macro is not supported");
  return make(line, Name{name});
}

ExpressionPtr Parser::parse_primary() {
  const Token& token = current();
  const int line = token.line;
  if (token.kind == TokenKind::name) return parse_name_or_constant();
  if (token.kind == TokenKind::string) {
    std::string text;
    while (current().kind == TokenKind::string) text += tokens_[position_++].text;
    return make(line, Literal{make_text(std::move(text))});
  }
  if (token.kind == TokenKind::integer) {
    const auto integer = parse_integer(token.text);
    if (!integer) fail_at(line, "the integer is beyond 127 bits");
    ++position_;
    return make(line, Literal{{*integer}});
  }
  if (token.kind == TokenKind::number) {
    const double number = std::strtod(token.text.c_str(), nullptr);
    ++position_;
    return make(line, Literal{{number}});
  }
  if (at_op("[")) return parse_list();
  if (at_op("{")) return parse_dict();
  if (!skip_op("(")) unexpected("a value");
  ExpressionPtr inner = parse_expressions(/*with_conditional=*/true, /*empty_allowed=*/true);
  expect_op(")");
  return inner;
}

ExpressionPtr Parser::parse_list() {
  const int line = current().line;
  expect_op("[");
  std::vector<ExpressionPtr> items;
  while (!at_op("]")) {
    items.push_back(parse_expression());
    if (!skip_op(",")) break;
  }
  expect_op("]");
  return make(line, ListDisplay{false, std::move(items)});
}

ExpressionPtr Parser::parse_dict() {
  const int line = current().line;
  expect_op("{");
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> items;
  while (!at_op("}")) {
    ExpressionPtr key = parse_expression();
    expect_op(":");
    items.emplace_back(std::move(key), parse_expression());
    if (!skip_op(",")) break;
  }
  expect_op("}");
  return make(line, DictDisplay{std::move(items)});
}

}  // namespace selfreward::jinja
