#include "data/readers.h"

#include "base/text_util.h"
#include "data/open_assistant.h"
#include "data/rows.h"

namespace selfreward {
namespace {

enum class Format { chat, completion, alpaca, ranked, open_assistant };

Format format_of(const Row& row) {
  const Json& value = row.value;
  if (is_open_assistant_tree(value)) return Format::open_assistant;
  if (value.contains("messages")) return Format::chat;
  if (value.contains("prompt") && value.contains("completion")) return Format::completion;
  if (value.contains("instruction") && value.contains("output")) return Format::alpaca;
  if (value.contains("prompt") && value.contains("answers")) return Format::ranked;
  fail("[data] ", row.where, ": unknown format; the row has: ", key_list(value),
       "; known are messages | prompt, completion | instruction, output | prompt, answers, ranks | Open "
       "Assistant trees");
}

std::string optional_text(const Row& row, const char* key) {
  const auto found = row.value.find(key);
  if (found == row.value.end() || found->is_null()) return "";
  check(found->is_string(), "[data] ", row.where, ": \"", key, "\" must be a string, found ",
        found->type_name());
  return found->get<std::string>();
}

std::string id_of(const Row& row) {
  const auto id = row.value.find("id");
  if (id != row.value.end() && id->is_number_integer()) return id->dump();
  const std::string text = optional_text(row, "id");
  return text.empty() ? row.id : text;
}

/// A string is one message of `role`; a list is taken as it is.
Conversation messages_at(const Row& row, const char* key, const char* role) {
  check(row.value.contains(key), "[data] ", row.where, ": key \"", key,
        "\" is missing; the row has: ", key_list(row.value));
  const Json& field = row.value.at(key);
  if (field.is_string()) return {{role, text_at(row.value, key, row.where)}};
  check(field.is_array(), "[data] ", row.where, ": \"", key, "\" must be a list of messages, found ",
        field.type_name());
  Conversation messages;
  for (const Json& message : field) {
    const std::string where = str(row.where, ", ", key, "[", messages.size(), "]");
    check(message.is_object(), "[data] ", where, ": expected {role, content}, found ", message.type_name());
    messages.push_back({text_at(message, "role", where), text_at(message, "content", where)});
  }
  return messages;
}

void check_conversation(const Conversation& messages, const std::string& where) {
  bool has_user = false;
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string& role = messages[i].role;
    check(role == "user" || role == "assistant" || (role == "system" && i == 0), "[data] ", where,
          ": message ", i, " has role \"", role,
          "\"; wanted user and assistant, and system only as the first");
    has_user |= role == "user";
  }
  check(has_user && messages.back().role == "assistant", "[data] ", where,
        ": a conversation needs a user message and must end with the assistant's, which is what is trained");
}

Conversation completion_messages(const Row& row) {
  Conversation messages = messages_at(row, "prompt", "user");
  for (Message& message : messages_at(row, "completion", "assistant")) messages.push_back(std::move(message));
  return messages;
}

Conversation alpaca_messages(const Row& row) {
  Conversation messages;
  const std::string system = optional_text(row, "system"), input = optional_text(row, "input");
  if (!strip(system).empty()) messages.push_back({"system", system});
  const std::string& instruction = text_at(row.value, "instruction", row.where);
  messages.push_back({"user", strip(input).empty() ? instruction : instruction + "\n\n" + input});
  messages.push_back({"assistant", text_at(row.value, "output", row.where)});
  return messages;
}

Example flat_example(const Row& row, Format format, const fs::path& path) {
  Example example{id_of(row), {}, optional_text(row, "source")};
  if (example.source.empty()) example.source = path.filename().string();
  example.messages = format == Format::chat         ? messages_at(row, "messages", "user")
                     : format == Format::completion ? completion_messages(row)
                                                    : alpaca_messages(row);
  check_conversation(example.messages, row.where);
  return example;
}

const Json& list_at(const Row& row, const char* key) {
  check(row.value.contains(key), "[data] ", row.where, ": key \"", key,
        "\" is missing; the row has: ", key_list(row.value));
  const Json& list = row.value.at(key);
  check(list.is_array(), "[data] ", row.where, ": \"", key, "\" must be a list, found ", list.type_name());
  return list;
}

RankedAnswers ranked_row(const Row& row) {
  RankedAnswers group{id_of(row), text_at(row.value, "prompt", row.where), {}, {}};
  for (const Json& answer : list_at(row, "answers")) {
    check(answer.is_string(), "[data] ", row.where, ": answers must be strings, found ", answer.type_name());
    check(!strip(answer.get_ref<const std::string&>()).empty(), "[data] ", row.where, ": answer ",
          group.answers.size(), " is empty");
    group.answers.push_back(answer);
  }
  for (const Json& rank : list_at(row, "ranks")) {
    check(rank.is_number(), "[data] ", row.where, ": ranks must be numbers, found ", rank.type_name());
    group.ranks.push_back(rank);
  }
  check(group.answers.size() == group.ranks.size() && group.answers.size() >= 2, "[data] ", row.where, ": ",
        group.answers.size(), " answers and ", group.ranks.size(),
        " ranks; wanted as many of each, two or more");
  return group;
}

/// One Filtered over all rows; `read(row, format, result)` adds what a row holds.
template <typename Record, typename Read>
Filtered<Record> read_rows(const fs::path& path, Read read) {
  Filtered<Record> result;
  std::optional<Format> format;
  for_each_row(path, [&](const Row& row) {
    if (!format) format = format_of(row);
    read(row, *format, result);
  });
  check(format.has_value(), "[data] ", path.string(), " has no rows; is the file complete?");
  return result;
}

}  // namespace

Filtered<Example> read_examples(const fs::path& path) {
  return read_rows<Example>(path, [&](const Row& row, Format format, Filtered<Example>& result) {
    check(format != Format::ranked, "[data] ", row.where,
          ": ranked answers, where instruction data was wanted; "
          "are the IFT and EFT files swapped?");
    if (format == Format::open_assistant)
      add_tree_example(row, path.filename().string(), result);
    else
      result.records.push_back(flat_example(row, format, path));
  });
}

Filtered<RankedAnswers> read_ranked(const fs::path& path) {
  return read_rows<RankedAnswers>(path, [&](const Row& row, Format format, Filtered<RankedAnswers>& result) {
    check(format == Format::ranked || format == Format::open_assistant, "[data] ", row.where,
          ": expected prompt, answers, ranks or an Open Assistant tree; the row has: ", key_list(row.value));
    if (format == Format::open_assistant)
      add_tree_answers(row, result);
    else
      result.records.push_back(ranked_row(row));
  });
}

}  // namespace selfreward
