#include "serve/chat_messages.h"

#include <algorithm>

#include "data/tool_messages.h"
#include "serve/request_fields.h"

namespace selfreward {
namespace {

bool has_text(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string();
}

/// The texts of [{"type": "text", "text": ...}, ...], each on lines of its own.
std::string joined_parts(const Json& parts, const std::string& name) {
  std::string text;
  for (const Json& part : parts) {
    const std::string type = has_text(part, "type") ? part["type"].get<std::string>() : "";
    if (type != "text" || !has_text(part, "text"))
      bad_request(name, str(name, " has a part of type '", type, "'; this server reads text parts alone"));
    text += (text.empty() ? "" : "\n") + part["text"].get<std::string>();
  }
  return text;
}

/// Clients send every key that a message may have, most of them with nothing in it.
bool says_nothing(const Json& value) {
  return value.is_null() || value == "" || (value.is_structured() && value.empty());
}

Json without_empty_keys(const Json& message) {
  Json kept = Json::object();
  for (const auto& [key, value] : message.items())
    if (!says_nothing(value) || (key == "content" && !value.is_null())) kept[key] = value;
  return kept;
}

/// What no template is told, and what would change the answer.
void refuse_keys(const Json& message, const std::string& where) {
  for (const char* key : {"function_call", "refusal", "audio", "prefix"})
    if (message.contains(key) && message[key] != false)
      bad_request(str(where, ".", key),
                  str(where, ".", key, " is not supported, and leaving it out in silence",
                      " would change the answer; remove it"));
}

/// Templates want the arguments of a call as an object; the API sends them as text.
void open_arguments(Json& function, const std::string& where) {
  if (!has_text(function, "arguments")) return;
  const std::string text = function["arguments"];
  const Json arguments = Json::parse(text, nullptr, false);
  if (!arguments.is_object()) return;
  check_integers(where, where, text);
  function["arguments"] = arguments;
}

Json template_calls(const Json& calls, const std::string& where) {
  Json out = Json::array();
  for (const Json& call : calls) {
    if (!call.is_object() || !call.contains("function") || !has_text(call["function"], "name"))
      bad_request(where, where + " is not a list of {\"type\": \"function\", \"function\": {\"name\", ...}}");
    out.push_back(without_nulls(call));
    open_arguments(out.back()["function"], where);
  }
  return out;
}

Json template_message(const Json& given, const std::string& where) {
  if (!has_text(given, "role")) bad_request(where, where + " is not an object with a role");
  Json message = without_empty_keys(given);
  refuse_keys(message, where);
  const Json content = given.value("content", Json());
  if (content.is_array()) message["content"] = joined_parts(content, where + ".content");
  const bool calls = message.contains("tool_calls");
  if (!message.contains("content") ? !calls : !message["content"].is_string())
    bad_request(where + ".content", where + ".content is " + shown(content) + ", expected a text");
  if (calls) message["tool_calls"] = template_calls(message["tool_calls"], where + ".tool_calls");
  return message;
}

}  // namespace

Json template_messages(const Json& messages) {
  if (!messages.is_array() || messages.empty())
    bad_request("messages", "messages is " + shown(messages) + ", expected a list of messages");
  Json out = Json::array();
  for (size_t i = 0; i < messages.size(); ++i)
    out.push_back(template_message(messages[i], str("messages[", i, "]")));
  return out;
}

Json template_tools(const Json& tools) {
  const auto is_tool = [](const Json& tool) {
    return has_text(tool, "type") && tool["type"] == "function" && tool.contains("function") &&
           has_text(tool["function"], "name");
  };
  if (!tools.is_array() || !std::all_of(tools.begin(), tools.end(), is_tool))
    bad_request("tools", "tools is not a list of {\"type\": \"function\", \"function\": {\"name\", ...}}");
  return tools.empty() ? Json() : without_nulls(tools);
}

}  // namespace selfreward
