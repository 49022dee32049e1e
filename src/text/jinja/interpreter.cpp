#include "text/jinja/interpreter.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "text/jinja/lexer.h"
#include "text/jinja/print.h"

namespace selfreward::jinja {

const Value* Scope::find(const std::string& name) const {
  for (const Scope* scope = this; scope; scope = scope->parent) {
    for (const auto& [key, value] : scope->variables) {
      if (key == name) return &value;
    }
  }
  return nullptr;
}

void Scope::set(const std::string& name, Value value) {
  for (auto& [key, old] : variables) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  variables.emplace_back(name, std::move(value));
}

namespace {

bool is_role_name(const std::string& role) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; };
  return std::all_of(role.begin(), role.end(), fits);
}

/// The messages as data, but for their roles: a role is a name that templates put into control tokens
/// ("<|" ~ role ~ "|>"), so it must look like one.
Value messages_value(const Json& messages) {
  if (!messages.is_array()) return from_json(messages, /*is_data=*/true);
  std::vector<Value> items;
  for (const Json& message : messages) {
    std::vector<std::pair<Value, Value>> fields;
    for (const auto& [key, value] : message.items()) {
      const bool is_name =
          key == "role" && value.is_string() && is_role_name(value.get_ref<const std::string&>());
      fields.emplace_back(make_text(key), from_json(value, /*is_data=*/!is_name));
    }
    items.push_back(message.is_object() ? make_dict(std::move(fields)) : from_json(message, true));
  }
  return make_list(std::move(items));
}

}  // namespace

Rendering Interpreter::run(const Body& body, const Json& variables, const Json& data) {
  MarkedText out;
  whole_ = &out;
  try {
    Scope given, top{&given, {}};
    for (const auto& [name, value] : variables.items()) given.set(name, from_json(value));
    for (const auto& [name, value] : data.items())
      given.set(name, name == "messages" ? messages_value(value) : from_json(value, /*is_data=*/true));
    execute(body, top, out);
  } catch (const Error& e) {
    fail_at(line_, e.what());
  }
  return {std::move(out.text), std::move(out.data), std::move(generated_)};
}

void Interpreter::charge(size_t steps) {
  steps_ += steps;
  check(steps_ <= kMaxSteps, "the template takes too long");
}

void Interpreter::charge_for(const Value& value) {
  if (const Sequence* sequence = value.sequence()) return charge(1 + sequence->items.size());
  if (const Dict* dict = value.dict()) return charge(1 + dict->items.size());
  charge(weight(value));
}

/// Filters that read what is inside their input cost its weight; those that test or map each item, their
/// arguments for each item.
void Interpreter::charge_for_filter(const std::string& name, const Value& input, const Arguments& arguments) {
  static const std::set<std::string> kDeep = {"sort", "dictsort", "min",    "max", "unique",
                                              "join", "tojson",   "string", "map"};
  static const std::set<std::string> kEach = {"map", "select", "reject", "selectattr", "rejectattr"};
  charge_for(input);
  const bool plucks =
      name == "map" && arguments.positional.empty();  // map(attribute=...) only looks things up
  if (kDeep.count(name) > 0 && !plucks) charge(weight(input));
  if (kEach.count(name) == 0 || !input.sequence()) return;
  for (const Value& argument : arguments.positional)
    charge(weight(argument) * input.sequence()->items.size());
}

Interpreter::Flow Interpreter::execute(const Body& body, Scope& scope, MarkedText& out) {
  for (const Statement& statement : body) {
    const Flow flow = execute(statement, scope, out);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const Statement& statement, Scope& scope, MarkedText& out) {
  const Deeper deeper(depth_);
  line_ = statement.line;
  charge(1);
  if (const auto* condition = std::get_if<IfStatement>(&statement.node))
    return execute_if(*condition, scope, out);
  if (const auto* loop = std::get_if<ForStatement>(&statement.node)) return execute_for(*loop, scope, out);
  if (const auto* with = std::get_if<WithStatement>(&statement.node)) return execute_with(*with, scope, out);
  if (std::holds_alternative<BreakStatement>(statement.node)) return Flow::broken;
  if (std::holds_alternative<ContinueStatement>(statement.node)) return Flow::continued;
  write(statement, scope, out);
  return Flow::normal;
}

Interpreter::Flow Interpreter::execute_if(const IfStatement& statement, Scope& scope, MarkedText& out) {
  for (const auto& [test, body] : statement.branches) {
    if (truthy(evaluate(*test, scope))) return execute(body, scope, out);
  }
  return execute(statement.otherwise, scope, out);
}

Interpreter::Flow Interpreter::execute_for(const ForStatement& statement, Scope& scope, MarkedText& out) {
  const std::vector<Value> source = iterate(evaluate(*statement.iterable, scope));
  charge(source.size());
  size_t next = 0;
  Loop loop;
  loop.pull = [&]() -> std::optional<Value> {
    while (next < source.size()) {
      const Value& item = source[next++];
      if (!statement.filter) return item;
      Scope test_scope{&scope, {}};
      assign(statement.target, item, test_scope);
      if (truthy(evaluate(*statement.filter, test_scope))) return item;
    }
    return std::nullopt;
  };
  bool ran_through = false;  // as in Jinja, a body left by break or continue each time does not count
  for (; loop.has(loop.index0); ++loop.index0) {
    Scope body_scope{&scope, {}};
    assign(statement.target, loop.items[loop.index0], body_scope);
    body_scope.set("loop", {&loop});
    const Flow flow = execute(statement.body, body_scope, out);
    if (flow == Flow::broken) break;
    if (flow == Flow::normal) ran_through = true;
  }
  if (ran_through || statement.otherwise.empty()) return Flow::normal;
  Scope else_scope{&scope, {}};
  return execute(statement.otherwise, else_scope, out);
}

Interpreter::Flow Interpreter::execute_with(const WithStatement& statement, Scope& scope, MarkedText& out) {
  Scope inner{&scope, {}};
  for (const auto& [target, value] : statement.variables) assign(target, evaluate(*value, scope), inner);
  return execute(statement.body, inner, out);
}

void Interpreter::assign(const Target& target, const Value& value, Scope& scope) {
  if (!target.attribute.empty()) return assign_attribute(target, value, scope);
  if (target.items.empty()) return scope.set(target.name, value);
  const std::vector<Value> values = iterate(value);
  check(values.size() == target.items.size(), "cannot unpack ", values.size(), " value(s) into ",
        target.items.size());
  for (size_t i = 0; i < values.size(); ++i) assign(target.items[i], values[i], scope);
}

void Interpreter::assign_attribute(const Target& target, const Value& value, Scope& scope) {
  const Value* owner = scope.find(target.name);
  const auto* space = owner ? owner->as<std::shared_ptr<Namespace>>() : nullptr;
  check(space, "cannot assign attribute '", target.attribute, "' on '", target.name,
        "', which is no namespace");
  check(!target.attribute.starts_with("_"), "a namespace cannot have the attribute '", target.attribute, "'");
  make_list({value});  // refuses what could make a cycle, or nest without end
  for (auto& [name, old] : (*space)->attributes) {
    if (name == target.attribute) {
      old = value;
      return;
    }
  }
  (*space)->attributes.emplace_back(target.attribute, value);
}

}  // namespace selfreward::jinja
