#include <algorithm>

#include "text/jinja/interpreter.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"

namespace selfreward::jinja {

Value Interpreter::evaluate(const Expression& expression, Scope& scope) {
  const Deeper deeper(depth_);
  line_ = expression.line;
  charge(1);
  Value result = std::visit([&](const auto& node) { return visit(node, scope); }, expression.node);
  line_ = expression.line;  // a macro has moved it
  return result;
}

Value Interpreter::evaluate_optional(const ExpressionPtr& expression, Scope& scope) {
  return expression ? evaluate(*expression, scope) : Value{None{}};
}

Value Interpreter::visit(const Literal& node, Scope&) {
  return node.value;
}

Value Interpreter::visit(const Name& node, Scope& scope) {
  if (const Value* found = scope.find(node.name)) return *found;
  if (is_function(node.name)) return {Function{node.name, nullptr}};
  const bool known = node.name == "cycler" || node.name == "joiner" || node.name == "lipsum";
  check(!known, "the function ", node.name, " is not supported");
  return make_undefined("'" + node.name + "' is undefined");
}

Value Interpreter::visit(const ListDisplay& node, Scope& scope) {
  std::vector<Value> items;
  for (const ExpressionPtr& item : node.items) items.push_back(evaluate(*item, scope));
  return make_sequence(node.is_tuple ? SequenceKind::tuple : SequenceKind::list, std::move(items));
}

Value Interpreter::visit(const DictDisplay& node, Scope& scope) {
  std::vector<std::pair<Value, Value>> items;
  for (const auto& [key_node, value_node] : node.items) {
    const Value key = evaluate(*key_node, scope), value = evaluate(*value_node, scope);
    check(!key.dict() && !(key.sequence() && key.sequence()->kind != SequenceKind::tuple),
          "unhashable type: '", type_name(key), "'");
    const auto same = [&](const auto& item) { return equal(item.first, key); };
    const auto found = std::find_if(items.begin(), items.end(), same);
    if (found == items.end())
      items.emplace_back(key, value);
    else
      found->second = value;
  }
  return make_dict(std::move(items));
}

Value Interpreter::visit(const NotOperation& node, Scope& scope) {
  return {!truthy(evaluate(*node.operand, scope))};
}

Value Interpreter::visit(const SignOperation& node, Scope& scope) {
  return with_sign(node.minus, evaluate(*node.operand, scope));
}

Value Interpreter::visit(const Arithmetic& node, Scope& scope) {
  const Value left = evaluate(*node.left, scope), right = evaluate(*node.right, scope);
  const Value result = arithmetic(node.op, left, right);
  charge_for(result);
  return result;
}

Value Interpreter::visit(const Logic& node, Scope& scope) {
  Value left = evaluate(*node.left, scope);
  return truthy(left) == node.is_and ? evaluate(*node.right, scope) : left;
}

Value Interpreter::visit(const Comparison& node, Scope& scope) {
  Value left = evaluate(*node.first, scope);
  for (const auto& [op, operand] : node.rest) {
    Value right = evaluate(*operand, scope);
    const bool membership = op == "in" || op == "not in";
    charge(membership ? weight(right) : std::min(weight(left), weight(right)));
    if (!compare(op, left, right)) return {false};
    left = std::move(right);
  }
  return {true};
}

Value Interpreter::visit(const Concatenation& node, Scope& scope) {
  MarkedText text;
  for (const ExpressionPtr& part : node.parts) append(text, to_text(evaluate(*part, scope)));
  Value result = make_text(std::move(text));
  charge_for(result);
  return result;
}

Value Interpreter::visit(const Conditional& node, Scope& scope) {
  if (truthy(evaluate(*node.test, scope))) return evaluate(*node.then, scope);
  if (node.otherwise) return evaluate(*node.otherwise, scope);
  return make_undefined("the inline if-expression evaluated to false and no else section was defined.");
}

Value Interpreter::visit(const Attribute& node, Scope& scope) {
  return get_attribute(evaluate(*node.object, scope), node.name);
}

Value Interpreter::visit(const Item& node, Scope& scope) {
  const Value object = evaluate(*node.object, scope), key = evaluate(*node.key, scope);
  if (object.text()) charge_for(object);
  return get_item(object, key);
}

Value Interpreter::visit(const Slice& node, Scope& scope) {
  const Value object = evaluate(*node.object, scope), start = evaluate_optional(node.start, scope),
              stop = evaluate_optional(node.stop, scope), step = evaluate_optional(node.step, scope);
  charge_for(object);
  return slice(object, start, stop, step);
}

Value Interpreter::visit(const Call& node, Scope& scope) {
  const Value callee = evaluate(*node.callee, scope);
  const Arguments arguments = evaluate_arguments(node.arguments, scope);
  if (const auto* function = callee.as<Function>(); function && function->self) {
    function->self->sequence() ? charge(weight(*function->self)) : charge_for(*function->self);
  }
  return call(callee, arguments);
}

Value Interpreter::visit(const Filter& node, Scope& scope) {
  const Value input = node.input ? evaluate(*node.input, scope) : block_;
  const Arguments arguments = evaluate_arguments(node.arguments, scope);
  charge_for_filter(node.name, input, arguments);
  Value result = apply_filter(node.name, input, arguments);
  charge_for(result);
  return result;
}

Value Interpreter::visit(const Test& node, Scope& scope) {
  const Value input = evaluate(*node.input, scope);
  const Arguments arguments = evaluate_arguments(node.arguments, scope);
  if (!arguments.positional.empty()) charge(weight(arguments.positional[0]));
  return {apply_test(node.name, input, arguments)};
}

Arguments Interpreter::evaluate_arguments(const CallArguments& nodes, Scope& scope) {
  Arguments arguments;
  for (const ExpressionPtr& node : nodes.positional) arguments.positional.push_back(evaluate(*node, scope));
  for (const auto& [name, node] : nodes.named) arguments.named.emplace_back(name, evaluate(*node, scope));
  return arguments;
}

Value Interpreter::call(const Value& callee, const Arguments& arguments) {
  if (const auto* undefined = callee.as<Undefined>()) fail(*undefined->reason);
  if (const auto* macro = callee.as<Macro>()) return call_macro(*macro, arguments);
  const auto* function = callee.as<Function>();
  check(function, "'", type_name(callee), "' object is not callable");
  Value result = function->self                     ? call_method(*function->self, function->name, arguments)
                 : function->name == "strftime_now" ? format_date(now_, arguments)
                                                    : call_function(function->name, arguments);
  charge_for(result);
  return result;
}

Value Interpreter::call_macro(const Macro& macro, const Arguments& arguments) {
  const MacroStatement& statement = *macro.statement;
  const auto& parameters = statement.parameters;
  check(arguments.positional.size() <= parameters.size(), "macro '", statement.name, "' takes not more than ",
        parameters.size(), " argument(s)");
  Scope scope{macro.scope, {}};
  if (statement.uses_caller) scope.set("caller", make_undefined("No caller defined"));
  for (size_t i = 0; i < arguments.positional.size(); ++i)
    scope.set(parameters[i].first, arguments.positional[i]);
  for (const auto& [name, value] : arguments.named) {
    const auto first = parameters.begin() + static_cast<std::ptrdiff_t>(arguments.positional.size());
    const bool known = std::any_of(first, parameters.end(),
                                   [&, wanted = &name](const auto& p) { return p.first == *wanted; });
    const bool is_caller = name == "caller" && statement.uses_caller;
    check(known || is_caller, "macro '", statement.name, "' takes no keyword argument '", name, "'");
    scope.set(name, value);
  }
  for (size_t i = arguments.positional.size(); i < parameters.size(); ++i) {
    const auto& [name, absent] = parameters[i];
    const auto same = [&, wanted = &name](const auto& variable) { return variable.first == *wanted; };
    if (std::any_of(scope.variables.begin(), scope.variables.end(), same)) continue;
    scope.set(name, absent ? evaluate(*absent, scope)
                           : make_undefined("parameter '" + name + "' was not provided"));
  }
  MarkedText text;
  execute(statement.body, scope, text);
  return make_text(std::move(text));
}

}  // namespace selfreward::jinja
