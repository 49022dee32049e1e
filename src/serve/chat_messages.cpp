#include "serve/chat_messages.h"

#include <algorithm>

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

/// Templates want the arguments of a call as an object; the API sends them as text.
void open_arguments(Json& calls) {
  if (!calls.is_array()) return;
  for (Json& call : calls) {
    if (!call.is_object() || !call.contains("function")) continue;
    Json& function = call["function"];
    if (!has_text(function, "arguments")) continue;
    const Json arguments = Json::parse(function["arguments"].get<std::string>(), nullptr, false);
    if (arguments.is_object()) function["arguments"] = arguments;
  }
}

Json template_message(Json message, const std::string& where) {
  if (!has_text(message, "role")) bad_request(where, where + " is not an object with a role");
  const bool calls = message.contains("tool_calls") && message["tool_calls"].is_array();
  Json& content = message["content"];
  if (content.is_array()) content = joined_parts(content, where + ".content");
  if (!content.is_string() && !(content.is_null() && calls))
    bad_request(where + ".content", where + ".content is " + shown(content) + ", expected a text");
  if (calls) open_arguments(message["tool_calls"]);
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
  return tools.empty() ? Json() : tools;
}

}  // namespace selfreward
