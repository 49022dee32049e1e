#include "data/tool_messages.h"

#include "base/json_integers.h"

namespace selfreward {
namespace {

constexpr const char* kReadKeys[] = {"tool_calls", "tool_call_id", "name", "reasoning_content", "thinking"};

bool is_filled(const Json& object, const char* key) {
  if (!has(object, key)) return false;
  const Json& value = object.at(key);
  return value != "" && !(value.is_structured() && value.empty());
}

/// Far deeper than schemas are: what is nested without an end must not end the program.
void check_depth(const Json& value, const std::string& where, int depth = 0) {
  constexpr int kDeepest = 64;
  check(depth <= kDeepest, "[data] ", where, ": tools are nested more than ", kDeepest, " levels deep");
  if (!value.is_structured()) return;
  for (const Json& item : value) check_depth(item, where, depth + 1);
}

void check_objects(const Json& list, const char* what, const std::string& where) {
  check(list.is_array(), "[data] ", where, ": ", what, " must be a list of objects, found ",
        list.type_name());
  for (const Json& item : list)
    check(item.is_object(), "[data] ", where, ": ", what, " must be a list of objects, found ",
          item.type_name(), " in it");
}

Json parsed_tools(const std::string& text, const std::string& row) {
  const std::string where = row + ", \"tools\"";
  check_json_integers(text, where);
  return parse_json(text, where);
}

Json tools_of(const Row& row) {
  if (!is_filled(row.value, "tools")) return nullptr;
  const Json& field = row.value.at("tools");
  const Json tools = field.is_string() ? parsed_tools(field.get_ref<const std::string&>(), row.where) : field;
  check_depth(tools, row.where);
  check_objects(tools, "\"tools\"", row.where);
  if (tools.empty()) return nullptr;
  return field.is_string() ? tools : without_nulls(tools);
}

/// The texts of the parts one behind the other, as templates write them.
std::string joined_parts(const Json& parts, const std::string& where) {
  std::string text;
  for (const Json& part : parts) {
    check(part.is_object(), "[data] ", where, ": a part of the content must be an object, found ",
          part.type_name());
    const std::string type = has(part, "type") ? string_at(part, "type", where) : "";
    check(type == "text", "[data] ", where, ": a part of the content has type \"", type,
          "\"; only text is read, remove such rows");
    text += string_at(part, "text", where);
  }
  return text;
}

std::string content_of(const Json& value, const char* key, const std::string& where) {
  if (is_filled(value, "tool_calls") && !has(value, key)) return "";
  if (has(value, key) && value.at(key).is_array()) return joined_parts(value.at(key), where);
  return string_at(value, key, where);
}

void check_tool_calls(const Json& calls, const std::string& role, const std::string& where) {
  check(role == "assistant", "[data] ", where, ": \"tool_calls\" of role \"", role,
        "\"; only the assistant calls tools");
  check_objects(calls, "\"tool_calls\"", where);
  for (const Json& call : calls) {
    const Json& function = has(call, "function") ? call.at("function") : call;
    check(function.is_object() && has(function, "name"), "[data] ", where,
          ": a tool call names no function; wanted {\"type\": \"function\", \"function\": {\"name\", "
          "\"arguments\"}}");
  }
}

}  // namespace

Json without_nulls(const Json& value) {
  if (!value.is_structured()) return value;
  Json result = value.is_array() ? Json::array() : Json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array())
      result.push_back(without_nulls(item));
    else if (!item.is_null())
      result[key] = without_nulls(item);
  }
  return result;
}

TemplateInputs template_inputs(const Row& row) {
  TemplateInputs inputs{tools_of(row), nullptr};
  if (!is_filled(row.value, "chat_template_kwargs")) return inputs;
  const Json& kwargs = row.value.at("chat_template_kwargs");
  check(kwargs.is_object(), "[data] ", row.where, ": \"chat_template_kwargs\" must be an object, found ",
        kwargs.type_name());
  check_depth(kwargs, row.where);
  const Json filled = without_nulls(kwargs);
  if (!filled.empty()) inputs.kwargs = filled;
  return inputs;
}

Message message_with_calls(const Json& value, const std::string& role, const char* content_key,
                           const std::string& where) {
  Message message{role, content_of(value, content_key, where)};
  Json full = {{"role", role}};
  if (has(value, content_key)) full["content"] = message.content;
  for (const char* key : kReadKeys)
    if (is_filled(value, key)) {
      check_depth(value.at(key), where);
      full[key] = without_nulls(value.at(key));
    }
  if (full.contains("tool_calls")) check_tool_calls(full["tool_calls"], role, where);
  for (const char* key : {"tool_call_id", "name", "reasoning_content", "thinking"})
    if (full.contains(key)) string_at(full, key, where);
  if (full.size() > 2 || !full.contains("content")) message.full = std::move(full);
  return message;
}

bool has_tool_calls(const Message& message) {
  return message.full.is_object() && message.full.contains("tool_calls");
}

std::string shown_text(const Message& message) {
  if (!has_tool_calls(message)) return message.content;
  return message.content + (message.content.empty() ? "" : "\n") + message.full.at("tool_calls").dump();
}

}  // namespace selfreward
