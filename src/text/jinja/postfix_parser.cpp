// What follows a value: subscripts, attributes, calls, filters and tests.
#include "text/jinja/parser.h"

namespace selfreward::jinja {

ExpressionPtr Parser::parse_postfix(ExpressionPtr value) {
  while (true) {
    const int line = current().line;
    if (at_op("[")) {
      value = parse_subscript(std::move(value));
    } else if (at_op("(")) {
      value = make(line, Call{std::move(value), parse_arguments()});
    } else if (skip_op(".")) {
      const bool index = current().kind == TokenKind::integer;
      if (index)
        value = make(line, Item{std::move(value), parse_primary()});
      else
        value = make(line, Attribute{std::move(value), expect_name()});
    } else {
      return value;
    }
  }
}

ExpressionPtr Parser::parse_filters_and_tests(ExpressionPtr value) {
  while (true) {
    const int line = current().line;
    if (at_op("|")) {
      value = parse_filter(std::move(value));
    } else if (skip_word("is")) {
      value = parse_test(std::move(value));
    } else if (at_op("(")) {
      value = make(line, Call{std::move(value), parse_arguments()});
    } else {
      return value;
    }
  }
}

ExpressionPtr Parser::parse_filter(ExpressionPtr value) {
  expect_op("|");
  return parse_filter_name(std::move(value));
}

/// A filter whose "|" has been read, or is not written as in {% filter upper %}.
ExpressionPtr Parser::parse_filter_name(ExpressionPtr value) {
  const int line = current().line;
  std::string name = expect_name();
  CallArguments arguments;
  if (at_op("(")) arguments = parse_arguments();
  return make(line, Filter{std::move(value), std::move(name), std::move(arguments)});
}

ExpressionPtr Parser::parse_test(ExpressionPtr value) {
  const int line = current().line;
  const bool negated = skip_word("not");
  std::string name = expect_name();
  CallArguments arguments;
  const Token& next = current();
  const bool bare = next.kind == TokenKind::name || next.kind == TokenKind::string ||
                    next.kind == TokenKind::integer || next.kind == TokenKind::number || at_op("[") ||
                    at_op("{");
  if (at_word("is")) fail_at(line, "tests cannot be chained with is");
  if (at_op("(")) {
    arguments = parse_arguments();
  } else if (bare && !at_word("else") && !at_word("or") && !at_word("and")) {
    arguments.positional.push_back(parse_postfix(parse_primary()));
  }
  ExpressionPtr test = make(line, Test{std::move(value), std::move(name), std::move(arguments)});
  return negated ? make(line, NotOperation{std::move(test)}) : std::move(test);
}

/// value[key] or value[start:stop:step].
ExpressionPtr Parser::parse_subscript(ExpressionPtr value) {
  const int line = current().line;
  expect_op("[");
  const auto part = [&] { return at_op(":") || at_op("]") ? nullptr : parse_expression(); };
  ExpressionPtr start = part();
  if (start && skip_op("]")) return make(line, Item{std::move(value), std::move(start)});
  expect_op(":");
  ExpressionPtr stop = part();
  ExpressionPtr step = skip_op(":") ? part() : nullptr;
  expect_op("]");
  return make(line, Slice{std::move(value), std::move(start), std::move(stop), std::move(step)});
}

CallArguments Parser::parse_arguments() {
  const Deeper deeper(*this);
  expect_op("(");
  CallArguments arguments;
  while (!at_op(")")) {
    const int line = current().line;
    if (at_op("*") || at_op("**")) fail_at(line, "'" + current().text + "' in a call is not supported");
    const bool named =
        current().kind == TokenKind::name && following().kind == TokenKind::op && following().text == "=";
    if (named) {
      std::string name = expect_name();
      expect_op("=");
      arguments.named.emplace_back(std::move(name), parse_expression());
    } else {
      if (!arguments.named.empty()) fail_at(line, "an argument without name follows one with a name");
      arguments.positional.push_back(parse_expression());
    }
    if (!skip_op(",")) break;
  }
  expect_op(")");
  return arguments;
}

}  // namespace selfreward::jinja
