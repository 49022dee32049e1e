#pragma once
// Walks the tree of a template and writes its text. Statements are in interpreter.cpp and blocks.cpp,
// expressions in evaluator.cpp.
#include <ctime>

#include "text/jinja/ast.h"
#include "text/jinja/calls.h"
#include "text/jinja/rendering.h"

namespace selfreward::jinja {

/// Variables of one block; what is not here is looked up in `parent`. Lives on the stack of the interpreter.
struct Scope {
  Scope* parent = nullptr;
  std::vector<std::pair<std::string, Value>> variables;
  const Value* find(const std::string& name) const;
  void set(const std::string& name, Value value);
};

class Interpreter {
 public:
  /// `now` is what strftime_now says.
  explicit Interpreter(const std::tm& now) : now_(now) {}
  /// What `body` writes with the objects `variables` and `data` in scope; text of `data` is marked. Errors
  /// name the line.
  Rendering run(const Body& body, const Json& variables, const Json& data);

 private:
  static constexpr size_t kMaxSteps = 5'000'000;  // about a second
  static constexpr int kMaxDepth = 800;           // of statements, expressions and macro calls in each other
  enum class Flow { normal, broken, continued };
  class Deeper;

  Flow execute(const Body& body, Scope& scope, MarkedText& out);
  Flow execute(const Statement& statement, Scope& scope, MarkedText& out);
  void write(const Statement& statement, Scope& scope, MarkedText& out);
  Flow execute_if(const IfStatement& statement, Scope& scope, MarkedText& out);
  Flow execute_for(const ForStatement& statement, Scope& scope, MarkedText& out);
  void execute_set_block(const SetBlockStatement& statement, Scope& scope);
  void execute_filter_block(const FilterBlockStatement& statement, Scope& scope, MarkedText& out);
  void execute_call_block(const CallBlockStatement& statement, Scope& scope, MarkedText& out);
  void execute_generation(const GenerationStatement& statement, Scope& scope, MarkedText& out);
  Value written_by(const Body& body, Scope& scope);
  void print(const Value& value, MarkedText& out);
  Flow execute_with(const WithStatement& statement, Scope& scope, MarkedText& out);
  void assign(const Target& target, const Value& value, Scope& scope);
  void assign_attribute(const Target& target, const Value& value, Scope& scope);

  Value evaluate(const Expression& expression, Scope& scope);
  Value evaluate_optional(const ExpressionPtr& expression, Scope& scope);
  Value visit(const Literal& node, Scope& scope);
  Value visit(const Name& node, Scope& scope);
  Value visit(const ListDisplay& node, Scope& scope);
  Value visit(const DictDisplay& node, Scope& scope);
  Value visit(const NotOperation& node, Scope& scope);
  Value visit(const SignOperation& node, Scope& scope);
  Value visit(const Arithmetic& node, Scope& scope);
  Value visit(const Logic& node, Scope& scope);
  Value visit(const Comparison& node, Scope& scope);
  Value visit(const Concatenation& node, Scope& scope);
  Value visit(const Conditional& node, Scope& scope);
  Value visit(const Attribute& node, Scope& scope);
  Value visit(const Item& node, Scope& scope);
  Value visit(const Slice& node, Scope& scope);
  Value visit(const Call& node, Scope& scope);
  Value visit(const Filter& node, Scope& scope);
  Value visit(const Test& node, Scope& scope);
  Arguments evaluate_arguments(const CallArguments& arguments, Scope& scope);
  Value call(const Value& callee, const Arguments& arguments);
  Value call_macro(const Macro& macro, const Arguments& arguments);

  /// Counts work; too much of it is an Error.
  void charge(size_t steps);
  /// Counts the work of reading `value` once, not of what it contains.
  void charge_for(const Value& value);
  void charge_for_filter(const std::string& name, const Value& input, const Arguments& arguments);

  std::tm now_;
  const MarkedText* whole_ = nullptr;                   // what the template has written so far
  std::optional<ByteRanges> generated_ = ByteRanges{};  // of it, by {% generation %} blocks
  bool in_generation_ = false;
  size_t steps_ = 0;
  int depth_ = 0;
  int line_ = 1;  // of what is evaluated, for errors
  Value block_;   // the text that the filter of a set block works on
};

/// Counts one level of recursion while it lives.
class Interpreter::Deeper {
 public:
  explicit Deeper(int& depth) : depth_(depth) {
    check(++depth_ <= kMaxDepth, "macros or expressions nest too deeply");
  }
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  int& depth_;
};

}  // namespace selfreward::jinja
