#include "text/jinja/parser.h"

#include <algorithm>

namespace selfreward::jinja {

bool Parser::skip_op(std::string_view text) {
  if (!at_op(text)) return false;
  ++position_;
  return true;
}

bool Parser::skip_word(std::string_view text) {
  if (!at_word(text)) return false;
  ++position_;
  return true;
}

std::string Parser::describe(const Token& token) const {
  switch (token.kind) {
    case TokenKind::end:
      return "the end of the template";
    case TokenKind::block_end:
    case TokenKind::print_end:
      return "the end of the tag";
    case TokenKind::string:
      return "a string";
    default:
      return "'" + token.text + "'";
  }
}

void Parser::unexpected(const std::string& wanted) const {
  fail_at(current().line, "found " + describe(current()) + ", expected " + wanted);
}

void Parser::expect_op(std::string_view text) {
  if (!skip_op(text)) unexpected("'" + std::string(text) + "'");
}

void Parser::expect_kind(TokenKind kind, const std::string& what) {
  if (current().kind != kind) unexpected(what);
  ++position_;
}

std::string Parser::expect_name() {
  if (current().kind != TokenKind::name) unexpected("a name");
  return tokens_[position_++].text;
}

Body Parser::parse() {
  return parse_body({});
}

/// Statements up to a tag that starts with one of `ends` (its name is the current token then), or to the end.
Body Parser::parse_body(std::initializer_list<std::string_view> ends) {
  Body body;
  while (current().kind != TokenKind::end) {
    const Token token = tokens_[position_++];
    expression_size_ = 0;
    if (token.kind == TokenKind::text) {
      body.push_back({token.line, TextStatement{token.text}});
    } else if (token.kind == TokenKind::print_begin) {
      body.push_back({token.line, PrintStatement{parse_expressions()}});
      expect_kind(TokenKind::print_end, "'}}'");
    } else {
      const bool ended = current().kind == TokenKind::name &&
                         std::find(ends.begin(), ends.end(), current().text) != ends.end();
      if (ended) return body;
      body.push_back(parse_statement());
      expect_kind(TokenKind::block_end, "'%}'");
    }
  }
  if (ends.size() > 0) unexpected("{% " + std::string(*(ends.end() - 1)) + " %}");
  return body;
}

Body Parser::parse_block_body(std::initializer_list<std::string_view> ends) {
  skip_op(":");
  expect_kind(TokenKind::block_end, "'%}'");
  return parse_body(ends);
}

Statement Parser::parse_statement() {
  const Deeper deeper(*this);
  const int line = current().line;
  const std::string word = expect_name();
  if (word == "if") return parse_if(line);
  if (word == "for") return parse_for(line);
  if (word == "set") return parse_set(line);
  if (word == "macro") return parse_macro(line);
  if (word == "with") return parse_with(line);
  if (word == "generation") return parse_generation(line);
  if (word == "filter") return parse_filter_block(line);
  if (word == "call") return parse_call_block(line);
  if (word == "break" || word == "continue") return parse_jump(line, word);
  fail_at(line, "the tag {% " + word + " %} is not supported or not expected here");
}

Statement Parser::parse_if(int line) {
  IfStatement statement;
  do {
    ExpressionPtr test = parse_expressions(/*with_conditional=*/false);
    statement.branches.emplace_back(std::move(test), parse_block_body({"elif", "else", "endif"}));
  } while (skip_word("elif"));
  if (skip_word("else")) statement.otherwise = parse_block_body({"endif"});
  skip_word("endif");
  return {line, std::move(statement)};
}

Statement Parser::parse_for(int line) {
  ForStatement statement;
  statement.target = parse_target(/*with_namespace=*/false);
  if (!skip_word("in")) unexpected("'in'");
  statement.iterable = parse_expressions(/*with_conditional=*/false);
  if (skip_word("if")) statement.filter = parse_expression();
  if (at_word("recursive")) fail_at(line, "a recursive loop is not supported");
  ++loops_;
  statement.body = parse_block_body({"else", "endfor"});
  --loops_;
  if (skip_word("else")) statement.otherwise = parse_block_body({"endfor"});
  skip_word("endfor");
  return {line, std::move(statement)};
}

Statement Parser::parse_set(int line) {
  Target target = parse_target(/*with_namespace=*/true);
  if (skip_op("=")) return {line, SetStatement{std::move(target), parse_expressions()}};
  ExpressionPtr filter;
  while (at_op("|")) filter = parse_filter(std::move(filter));
  return {line, SetBlockStatement{std::move(target), std::move(filter), parse_own_body("endset")}};
}

/// A body that break and continue cannot leave, through its end tag.
Body Parser::parse_own_body(std::string_view end) {
  const int loops = std::exchange(loops_, 0);
  Body body = parse_block_body({end});
  loops_ = loops;
  skip_word(end);
  return body;
}

/// (a, b=1)
void Parser::parse_parameters(MacroStatement& macro) {
  expect_op("(");
  while (!at_op(")")) {
    if (!macro.parameters.empty()) expect_op(",");
    const int line = current().line;
    std::string name = expect_name();
    ExpressionPtr absent = skip_op("=") ? parse_expression() : nullptr;
    const bool after_default = !macro.parameters.empty() && macro.parameters.back().second;
    if (!absent && after_default)
      fail_at(line, "a parameter without default follows one with default: " + name);
    macro.parameters.emplace_back(std::move(name), std::move(absent));
  }
  expect_op(")");
}

/// A `caller` in a body is that of the innermost macro or call block.
void Parser::parse_macro_body(MacroStatement& macro, std::string_view end) {
  macros_use_caller_.push_back(false);
  macro.body = parse_own_body(end);
  macro.uses_caller = macros_use_caller_.back();
  macros_use_caller_.pop_back();
}

Statement Parser::parse_macro(int line) {
  MacroStatement macro{expect_name(), {}, {}};
  parse_parameters(macro);
  parse_macro_body(macro, "endmacro");
  return {line, std::move(macro)};
}

/// {% call(a) m() %}body{% endcall %} calls the macro m, whose caller(a) writes the body.
Statement Parser::parse_call_block(int line) {
  CallBlockStatement statement{{"caller", {}, {}}, nullptr};
  if (at_op("(")) parse_parameters(statement.caller);
  statement.call = parse_expression();
  if (!std::holds_alternative<Call>(statement.call->node)) fail_at(line, "expected a call after {% call %}");
  parse_macro_body(statement.caller, "endcall");
  return {line, std::move(statement)};
}

/// {% filter upper | trim %}body{% endfilter %}
Statement Parser::parse_filter_block(int line) {
  ExpressionPtr filter = parse_filter_name(nullptr);
  while (at_op("|")) filter = parse_filter(std::move(filter));
  return {line, FilterBlockStatement{std::move(filter), parse_own_body("endfilter")}};
}

Statement Parser::parse_with(int line) {
  WithStatement statement;
  while (current().kind != TokenKind::block_end) {
    if (!statement.variables.empty()) expect_op(",");
    Target target = parse_target(/*with_namespace=*/false, /*single=*/true);
    expect_op("=");
    statement.variables.emplace_back(std::move(target), parse_expression());
  }
  statement.body = parse_block_body({"endwith"});
  skip_word("endwith");
  return {line, std::move(statement)};
}

/// {% generation %} marks the assistant's text for the loss mask; it renders as its content, in its own
/// scope.
Statement Parser::parse_generation(int line) {
  found_generation_ = true;
  return {line, GenerationStatement{parse_own_body("endgeneration")}};
}

Statement Parser::parse_jump(int line, const std::string& word) {
  if (loops_ == 0) fail_at(line, "{% " + word + " %} outside of a loop");
  if (word == "break") return {line, BreakStatement{}};
  return {line, ContinueStatement{}};
}

Target Parser::parse_target(bool with_namespace, bool single) {
  const Deeper deeper(*this);
  Target first = parse_one_target(with_namespace);
  if (single || !at_op(",")) return first;
  Target tuple;
  tuple.items.push_back(std::move(first));
  while (skip_op(",")) {
    if (at_word("in") || at_op("=") || at_op(")")) break;
    tuple.items.push_back(parse_one_target(with_namespace));
  }
  return tuple;
}

Target Parser::parse_one_target(bool with_namespace) {
  if (skip_op("(")) {
    Target inner = parse_target(with_namespace);
    expect_op(")");
    return inner;
  }
  static constexpr std::string_view kConstants[] = {"true", "false", "none", "True", "False", "None"};
  const int line = current().line;
  Target target;
  target.name = expect_name();
  if (std::find(std::begin(kConstants), std::end(kConstants), target.name) != std::end(kConstants)) {
    fail_at(line, "cannot assign to " + target.name);
  }
  if (with_namespace && skip_op(".")) target.attribute = expect_name();
  return target;
}

}  // namespace selfreward::jinja
