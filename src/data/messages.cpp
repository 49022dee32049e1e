#include "data/messages.h"

#include <algorithm>
#include <map>

#include "base/text_util.h"
#include "data/tool_messages.h"
#include "data/training_marks.h"

namespace selfreward {
namespace {

using Roles = std::map<std::string, std::string>;
const Roles kRoles = {{"user", "user"},
                      {"assistant", "assistant"},
                      {"system", "system"},
                      {"developer", "developer"},
                      {"tool", "tool"}};
const Roles kShareGptRoles = {{"human", "user"},          {"user", "user"},         {"gpt", "assistant"},
                              {"assistant", "assistant"}, {"chatgpt", "assistant"}, {"system", "system"},
                              {"developer", "developer"}, {"tool", "tool"}};

bool is_empty(const Json& value) {
  if (value.is_string()) return value == "" || value == "[]";
  return value.is_null() || value == false || ((value.is_array() || value.is_object()) && value.empty());
}

void refuse_keys(const Json& object, const std::vector<const char*>& keys, const std::string& where) {
  for (const char* key : keys)
    check(!object.contains(key) || is_empty(object.at(key)), "[data] ", where, ": \"", key,
          "\" is not read, and leaving it out would change what is trained; remove such rows or the key");
}

std::string role_of(const std::string& name, const Roles& roles, const std::string& where) {
  const auto role = roles.find(name);
  if (role != roles.end()) return role->second;
  std::string known;
  for (const auto& [from, to] : roles) known += (known.empty() ? "" : ", ") + from;
  fail("[data] ", where, " has role \"", name, "\"; wanted one of ", known,
       "; a call of a tool is an assistant's message with \"tool_calls\", its result has role \"tool\"");
}

Message message_of(const Json& value, const char* role_key, const char* content_key, const Roles& roles,
                   const std::string& where) {
  check(value.is_object(), "[data] ", where, ": expected {", role_key, ", ", content_key, "}, found ",
        value.type_name());
  refuse_keys(value, {"function_call", "refusal", "images", "image", "videos", "audios", "audio"}, where);
  const std::string role = role_of(string_at(value, role_key, where), roles, where);
  Message message = message_with_calls(value, role, content_key, where);
  read_training_mark(value, where, message);
  return message;
}

/// A text that leads: OpenAI's newer name of the system is the developer.
bool is_system(const Message& message) {
  return message.role == "system" || message.role == "developer";
}

Conversation messages_of(const Json& list, const char* key, const Roles& roles, const std::string& row) {
  Conversation messages;
  for (const Json& value : list) {
    const std::string where = str(row, ", ", key, "[", messages.size(), "]");
    const bool sharegpt = value.is_object() && value.contains("from");
    messages.push_back(
        message_of(value, sharegpt ? "from" : "role", sharegpt ? "value" : "content", roles, where));
    check(!is_system(messages.back()) || messages.size() == 1, "[data] ", where, " has role ",
          messages.back().role, "; wanted a message of the system only as the first");
  }
  return messages;
}

bool is_blank(const Message& message) {
  const bool may_be_empty = is_system(message) || message.role == "tool" || has_tool_calls(message);
  return !may_be_empty && strip(message.content).empty();
}

}  // namespace

Conversation messages_at(const Row& row, const char* key, const char* role) {
  check(row.value.contains(key), "[data] ", row.where, ": key \"", key,
        "\" is missing; the row has: ", key_list(row.value));
  const Json& field = row.value.at(key);
  if (field.is_string()) return {{role, string_at(row.value, key, row.where)}};
  check(field.is_array(), "[data] ", row.where, ": \"", key,
        "\" must be a string or a list of messages, found ", field.type_name());
  return messages_of(field, key, kRoles, row.where);
}

Conversation sharegpt_messages(const Row& row) {
  const Json& list = list_at(row, "conversations");
  return with_system(row, messages_of(list, "conversations", kShareGptRoles, row.where));
}

bool is_human_assistant_text(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \n");
  return begin != std::string_view::npos && text.substr(begin).starts_with("Human:") &&
         text.find("\n\nAssistant:") != std::string_view::npos;
}

Conversation human_assistant_messages(std::string_view text) {
  static constexpr std::string_view kUser = "\n\nHuman:", kAssistant = "\n\nAssistant:";
  const std::string whole = "\n\n" + strip(text);
  Conversation messages;
  for (size_t at = 0; at < whole.size();) {
    const bool user = whole.compare(at, kUser.size(), kUser) == 0;
    const size_t begin = at + (user ? kUser : kAssistant).size();
    at = std::min({whole.find(kUser, begin), whole.find(kAssistant, begin), whole.size()});
    messages.push_back({user ? "user" : "assistant", strip(whole.substr(begin, at - begin))});
  }
  return messages;
}

std::string with_input(const std::string& instruction, const std::string& input) {
  return strip(input).empty() ? instruction : instruction + "\n\n" + input;
}

Conversation with_system(const Row& row, Conversation messages) {
  const std::string system = optional_text(row, "system");
  if (strip(system).empty()) return messages;
  check(messages.empty() || !is_system(messages.front()), "[data] ", row.where,
        ": there is a system message and a \"system\" column too; remove one of them");
  messages.insert(messages.begin(), {"system", system});
  return messages;
}

void refuse_unread_columns(const Row& row) {
  refuse_keys(row.value, {"functions", "images", "image", "videos", "audios"}, row.where);
}

std::string first_question(const Conversation& messages) {
  for (const Message& message : messages)
    if (message.role == "user") return message.content;
  return "";
}

std::optional<std::string> objection_to(const Conversation& messages) {
  const auto is_user = [](const Message& message) { return message.role == "user"; };
  if (std::none_of(messages.begin(), messages.end(), is_user)) return "no_user_message";
  if (messages.back().role != "assistant") return "no_final_answer";
  if (is_blank(messages.back())) return "empty_answer";
  if (std::any_of(messages.begin(), messages.end(), is_blank)) return "empty_message";
  return std::nullopt;
}

}  // namespace selfreward
