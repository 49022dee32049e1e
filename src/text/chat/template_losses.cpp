#include "text/chat/template_losses.h"

#include <algorithm>

#include "base/text_util.h"

namespace selfreward {
namespace {

/// A text of the conversation that must show.
struct Part {
  std::string name;          // "messages[2] (role tool)"
  Json::json_pointer place;  // in the list of messages
};

bool has_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() && !strip(found->get_ref<const std::string&>()).empty();
}

/// The names of the functions that a message calls: a template that writes a call writes its name.
void add_calls(const Json& message, const Json::json_pointer& place, const std::string& name,
               std::vector<Part>& parts) {
  const auto calls = message.find("tool_calls");
  if (calls == message.end() || !calls->is_array()) return;
  for (size_t i = 0; i < calls->size(); ++i) {
    const Json& call = (*calls)[i];
    const bool wrapped = call.is_object() && call.contains("function") && call["function"].is_object();
    if (!call.is_object() || !has_text(wrapped ? call["function"] : call, "name")) continue;
    const auto at = place / "tool_calls" / i;
    parts.push_back({"the tool calls of " + name, (wrapped ? at / "function" : at) / "name"});
  }
}

/// In the order in which templates write them.
std::vector<Part> parts_of(const Json& messages, bool add_generation_prompt) {
  std::vector<Part> parts;
  for (size_t i = 0; i < messages.size(); ++i) {
    const Json& message = messages[i];
    if (!message.is_object()) continue;
    const Json::json_pointer place = Json::json_pointer() / i;
    const std::string role = has_text(message, "role") ? message["role"].get<std::string>() : "?";
    const std::string name = str("messages[", i, "] (role ", role, ")");
    const char* reasoning = reasoning_name(message);
    if (reasoning && has_text(message, reasoning) && i + 1 == messages.size() && !add_generation_prompt)
      parts.push_back({"the reasoning of " + name, place / reasoning});
    if (has_text(message, "content")) parts.push_back({name, place / "content"});
    add_calls(message, place, name, parts);
  }
  return parts;
}

/// Whether each part has a place of its own among what came out of the data, one behind the other.
bool stand_in_order(const std::vector<Part>& parts, const Json& messages, const Rendering& made) {
  std::string data;
  for (const ByteRange& range : made.data) data.append(made.text, range.begin, range.end - range.begin);
  size_t at = 0;
  for (const Part& part : parts) {
    const std::string text = strip(messages.at(part.place).get_ref<const std::string&>());
    // memmem, as its time is linear whatever the texts are
    const void* found = ::memmem(data.data() + at, data.size() - at, text.data(), text.size());
    if (!found) return false;
    at = static_cast<size_t>(static_cast<const char*>(found) - data.data()) + text.size();
  }
  return true;
}

/// A word that no text has, behind the part with this number; letters and digits, which no template escapes.
std::string mark_of(size_t part) {
  return str("zq", part, "qz8f3k");
}

void add_mark(Json& messages, const Part& part, size_t number) {
  messages.at(part.place).get_ref<std::string&>() += mark_of(number);
}

/// What the template writes; nothing where it refuses, so that it has looked at what is in there.
std::optional<std::string> text_or_refusal(const RenderText& render, const Json& messages,
                                           const TemplateInputs& inputs) {
  try {
    return render(messages, inputs);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Each part gets a mark. Where one does not show, the part alone is marked: if not even that changes the
/// text, the part is lost.
void check_parts(const std::vector<Part>& parts, const Json& messages, const TemplateInputs& inputs,
                 const std::string& text, const RenderText& render) {
  Json marked = messages;
  for (size_t i = 0; i < parts.size(); ++i) add_mark(marked, parts[i], i);
  const auto marked_text = text_or_refusal(render, marked, inputs);
  for (size_t i = 0; marked_text && i < parts.size(); ++i) {
    if (marked_text->find(mark_of(i)) != std::string::npos) continue;
    Json one_marked = messages;
    add_mark(one_marked, parts[i], i);
    check(text_or_refusal(render, one_marked, inputs) != text, "[template] the chat template leaves out ",
          parts[i].name, "; remove it, move its text into a message that the template writes, or give the ",
          "checkpoint another chat_template.jinja");
  }
}

}  // namespace

const char* reasoning_name(const Json& message) {
  for (const char* name : {"reasoning_content", "thinking", "reasoning"})
    if (message.contains(name) && !message[name].is_null()) return name;
  return nullptr;
}

void check_nothing_lost(const Json& messages, bool add_generation_prompt, const TemplateInputs& inputs,
                        const Rendering& made, const RenderText& render) {
  const std::vector<Part> parts = parts_of(messages, add_generation_prompt);
  if (!stand_in_order(parts, messages, made)) check_parts(parts, messages, inputs, made.text, render);
  if (inputs.tools.is_null()) return;
  check(text_or_refusal(render, messages, {nullptr, inputs.kwargs}) != made.text,
        "[template] the chat template leaves out the tools; remove them, or give the checkpoint another ",
        "chat_template.jinja");
}

}  // namespace selfreward
