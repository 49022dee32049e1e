#pragma once
// The tree of a parsed template.
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/value.h"

namespace selfreward::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
};

struct Literal {
  Value value;
};
struct Name {
  std::string name;
};
struct ListDisplay {
  bool is_tuple;
  std::vector<ExpressionPtr> items;
};
struct DictDisplay {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> items;
};
struct NotOperation {
  ExpressionPtr operand;
};
struct SignOperation {
  bool minus;
  ExpressionPtr operand;
};
struct Arithmetic {
  std::string op;
  ExpressionPtr left, right;
};
struct Logic {
  bool is_and;
  ExpressionPtr left, right;
};
struct Comparison {
  ExpressionPtr first;
  std::vector<std::pair<std::string, ExpressionPtr>> rest;
};  // a < b < c
struct Concatenation {
  std::vector<ExpressionPtr> parts;
};
struct Conditional {
  ExpressionPtr test, then, otherwise;
};  // otherwise may be null
struct Attribute {
  ExpressionPtr object;
  std::string name;
};
struct Item {
  ExpressionPtr object, key;
};
struct Slice {
  ExpressionPtr object, start, stop, step;
};  // null where left out
struct Call {
  ExpressionPtr callee;
  CallArguments arguments;
};
struct Filter {
  ExpressionPtr input;
  std::string name;
  CallArguments arguments;
};  // null: the body of a set block
struct Test {
  ExpressionPtr input;
  std::string name;
  CallArguments arguments;
};

struct Expression {
  int line;
  std::variant<Literal, Name, ListDisplay, DictDisplay, NotOperation, SignOperation, Arithmetic, Logic,
               Comparison, Concatenation, Conditional, Attribute, Item, Slice, Call, Filter, Test>
      node;
};

struct Statement;
using Body = std::vector<Statement>;

/// What is assigned to: a name, an attribute of a namespace, or a tuple of targets.
struct Target {
  std::string name, attribute;
  std::vector<Target> items;
};

struct TextStatement {
  std::string text;
};
struct PrintStatement {
  ExpressionPtr value;
};
struct IfStatement {
  std::vector<std::pair<ExpressionPtr, Body>> branches;
  Body otherwise;
};
struct ForStatement {
  Target target;
  ExpressionPtr iterable, filter;
  Body body, otherwise;
};
struct SetStatement {
  Target target;
  ExpressionPtr value;
};
struct SetBlockStatement {
  Target target;
  ExpressionPtr filter;
  Body body;
};
struct MacroStatement {
  std::string name;
  std::vector<std::pair<std::string, ExpressionPtr>> parameters;
  Body body;
  bool uses_caller = false;
};
struct WithStatement {
  std::vector<std::pair<Target, ExpressionPtr>> variables;
  Body body;
};
struct GenerationStatement {
  Body body;
};
struct FilterBlockStatement {
  ExpressionPtr filter;
  Body body;
};
/// The body is the macro `caller` of the macro that is called.
struct CallBlockStatement {
  MacroStatement caller;
  ExpressionPtr call;
};
struct BreakStatement {};
struct ContinueStatement {};

struct Statement {
  int line;
  std::variant<TextStatement, PrintStatement, IfStatement, ForStatement, SetStatement, SetBlockStatement,
               MacroStatement, WithStatement, GenerationStatement, FilterBlockStatement, CallBlockStatement,
               BreakStatement, ContinueStatement>
      node;
};

}  // namespace selfreward::jinja
