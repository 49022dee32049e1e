#include "data/training_marks.h"

namespace selfreward {
namespace {

constexpr const char* kMark = "train";
constexpr const char* kNames[] = {kMark, "loss", "weight", "trainable", "step_loss_mask", "loss_mask"};

bool is_absent(const Json& object, const char* key) {
  return !object.contains(key) || object.at(key).is_null();
}

bool mark_value(const Json& value, const char* name, const std::string& where) {
  if (value.is_boolean()) return value.get<bool>();
  check(value == 0 || value == 1, "[data] ", where, ": \"", name, "\" is ", value.dump(),
        "; a message is trained or not: wanted true, false, 1 or 0");
  return value == 1;
}

std::optional<bool> mark_of(const Json& value, const std::string& where) {
  std::optional<bool> mark;
  for (const char* name : kNames) {
    if (is_absent(value, name)) continue;
    const bool trained = mark_value(value.at(name), name, where);
    check(!mark || *mark == trained, "[data] ", where, ": \"", name,
          "\" contradicts another mark of the message");
    mark = trained;
  }
  return mark;
}

void drop_mark(Message& message) {
  if (!training_mark(message)) return;
  message.full.erase(kMark);
  if (message.full.size() == 2 && message.full.contains("content")) message.full = nullptr;
}

}  // namespace

void read_training_mark(const Json& value, const std::string& where, Message& message) {
  const bool has_parts = !is_absent(value, "train_detail") && !value.at("train_detail").empty();
  check(!has_parts, "[data] ", where, ": \"train_detail\" marks parts of a message, which are not read; ",
        "remove it, or mark the whole message with \"train\"");
  const auto mark = mark_of(value, where);
  if (!mark) return;
  if (message.role != "assistant") {
    check(!*mark, "[data] ", where, " is marked to be trained, but has role \"", message.role,
          "\"; only the assistant's messages are, remove the mark");
    return;
  }
  Json full = message;
  full[kMark] = *mark;
  message.full = std::move(full);
}

std::optional<bool> training_mark(const Message& message) {
  if (!message.full.is_object() || is_absent(message.full, kMark)) return std::nullopt;
  return message.full.at(kMark).get<bool>();
}

void drop_pair_marks(Conversation& prompt, Message& chosen, Message& rejected, const std::string& where) {
  for (Message& message : prompt) {
    check(training_mark(message) != true, "[data] ", where,
          ": an answer in the prompt is marked to be trained, but a preference pair trains its two answers ",
          "alone; remove the mark");
    drop_mark(message);
  }
  for (Message* answer : {&chosen, &rejected}) {
    check(training_mark(*answer) != false, "[data] ", where,
          ": an answer of the pair is marked as not to be trained; remove the row or the mark");
    drop_mark(*answer);
  }
}

}  // namespace selfreward
