// Statements that write or assign, without a say in what is executed next.
#include "text/jinja/interpreter.h"
#include "text/jinja/print.h"

namespace selfreward::jinja {

void Interpreter::write(const Statement& statement, Scope& scope, MarkedText& out) {
  if (const auto* text = std::get_if<TextStatement>(&statement.node)) {
    append(out, text->text);
  } else if (const auto* printed = std::get_if<PrintStatement>(&statement.node)) {
    print(evaluate(*printed->value, scope), out);
  } else if (const auto* set = std::get_if<SetStatement>(&statement.node)) {
    assign(set->target, evaluate(*set->value, scope), scope);
  } else if (const auto* set_block = std::get_if<SetBlockStatement>(&statement.node)) {
    execute_set_block(*set_block, scope);
  } else if (const auto* filter = std::get_if<FilterBlockStatement>(&statement.node)) {
    execute_filter_block(*filter, scope, out);
  } else if (const auto* call = std::get_if<CallBlockStatement>(&statement.node)) {
    execute_call_block(*call, scope, out);
  } else if (const auto* generation = std::get_if<GenerationStatement>(&statement.node)) {
    execute_generation(*generation, scope, out);
  } else if (const auto* macro = std::get_if<MacroStatement>(&statement.node)) {
    scope.set(macro->name, {Macro{macro, &scope}});
  }
}

void Interpreter::print(const Value& value, MarkedText& out) {
  const MarkedText printed = to_text(value);
  charge(printed.text.size() / 8);
  append(out, printed);
}

Value Interpreter::written_by(const Body& body, Scope& scope) {
  MarkedText text;
  Scope inner{&scope, {}};
  execute(body, inner, text);
  return make_text(std::move(text));
}

void Interpreter::execute_set_block(const SetBlockStatement& statement, Scope& scope) {
  block_ = written_by(statement.body, scope);
  assign(statement.target, statement.filter ? evaluate(*statement.filter, scope) : block_, scope);
}

void Interpreter::execute_filter_block(const FilterBlockStatement& statement, Scope& scope, MarkedText& out) {
  block_ = written_by(statement.body, scope);
  print(evaluate(*statement.filter, scope), out);
}

void Interpreter::execute_call_block(const CallBlockStatement& statement, Scope& scope, MarkedText& out) {
  const auto& node = std::get<Call>(statement.call->node);
  const Value callee = evaluate(*node.callee, scope);
  Arguments arguments = evaluate_arguments(node.arguments, scope);
  arguments.named.emplace_back("caller", Value{Macro{&statement.caller, &scope}});
  print(call(callee, arguments), out);
}

/// What the assistant says, for the loss mask: the block's place in the text is known unless it writes into a
/// macro, a set block or the like.
void Interpreter::execute_generation(const GenerationStatement& statement, Scope& scope, MarkedText& out) {
  const bool is_known = &out == whole_ && !in_generation_;
  if (!is_known) generated_.reset();
  const bool was_inside = std::exchange(in_generation_, true);
  const size_t begin = out.text.size();
  Scope inner{&scope, {}};
  execute(statement.body, inner, out);
  in_generation_ = was_inside;
  if (generated_) add_range(*generated_, {begin, out.text.size()});
}

}  // namespace selfreward::jinja
