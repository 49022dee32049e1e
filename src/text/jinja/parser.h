#pragma once
// Tokens -> tree, with Jinja's grammar and precedences. Statements are in parser.cpp, expressions in
// expression_parser.cpp.
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/ast.h"
#include "text/jinja/lexer.h"

namespace selfreward::jinja {

class Parser {
 public:
  explicit Parser(const std::string& source) : tokens_(tokenize(source)) {}
  /// Throws Error with the line of what is not Jinja or not supported.
  Body parse();
  /// Whether the source has {% generation %} blocks.
  bool found_generation() const { return found_generation_; }

 private:
  // Recursion and the size of one expression are bounded, so that no template can overflow the stack.
  static constexpr int kMaxDepth = 150;
  static constexpr int kMaxExpression = 2000;
  class Deeper;

  // Statements.
  Body parse_body(std::initializer_list<std::string_view> ends);
  Body parse_block_body(std::initializer_list<std::string_view> ends);
  Statement parse_statement();
  Statement parse_if(int line);
  Statement parse_for(int line);
  Statement parse_set(int line);
  Statement parse_macro(int line);
  Statement parse_with(int line);
  Statement parse_generation(int line);
  Statement parse_filter_block(int line);
  Statement parse_call_block(int line);
  void parse_parameters(MacroStatement& macro);
  Body parse_own_body(std::string_view end);
  void parse_macro_body(MacroStatement& macro, std::string_view end);
  Statement parse_jump(int line, const std::string& word);
  Target parse_target(bool with_namespace, bool single = false);
  Target parse_one_target(bool with_namespace);

  // Expressions, loosest binding first.
  ExpressionPtr parse_expressions(bool with_conditional = true, bool empty_allowed = false);
  ExpressionPtr parse_expression(bool with_conditional = true);
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_comparison();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_unary(bool with_filter = true);
  ExpressionPtr parse_primary();
  ExpressionPtr parse_name_or_constant();
  ExpressionPtr parse_list();
  ExpressionPtr parse_dict();
  ExpressionPtr parse_postfix(ExpressionPtr value);
  ExpressionPtr parse_filters_and_tests(ExpressionPtr value);
  ExpressionPtr parse_filter(ExpressionPtr value);
  ExpressionPtr parse_filter_name(ExpressionPtr value);
  ExpressionPtr parse_test(ExpressionPtr value);
  ExpressionPtr parse_subscript(ExpressionPtr value);
  CallArguments parse_arguments();

  // Tokens.
  const Token& current() const { return tokens_[position_]; }
  const Token& following() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  bool at(TokenKind kind, std::string_view text) const {
    return current().kind == kind && current().text == text;
  }
  bool at_op(std::string_view text) const { return at(TokenKind::op, text); }
  bool at_word(std::string_view text) const { return at(TokenKind::name, text); }
  bool skip_op(std::string_view text);
  bool skip_word(std::string_view text);
  void expect_op(std::string_view text);
  void expect_kind(TokenKind kind, const std::string& what);
  std::string expect_name();
  std::string describe(const Token& token) const;
  [[noreturn]] void unexpected(const std::string& wanted) const;

  template <typename Node>
  ExpressionPtr make(int line, Node node) {
    if (++expression_size_ > kMaxExpression) fail_at(line, "the expression is too long");
    return std::make_unique<const Expression>(Expression{line, std::move(node)});
  }

  std::vector<Token> tokens_;
  size_t position_ = 0;
  int depth_ = 0;
  int expression_size_ = 0;              // nodes made since the last tag began
  int loops_ = 0;                        // loops that break and continue would leave
  std::vector<bool> macros_use_caller_;  // of the macros that the current token is in
  bool found_generation_ = false;
};

/// Counts one level of recursion while it lives.
class Parser::Deeper {
 public:
  explicit Deeper(Parser& parser) : parser_(parser) {
    if (++parser_.depth_ > kMaxDepth) fail_at(parser_.current().line, "the template is nested too deeply");
  }
  ~Deeper() { --parser_.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  Parser& parser_;
};

}  // namespace selfreward::jinja
