#include "data/readers.h"

#include <algorithm>

#include "base/text_util.h"
#include "data/formats.h"
#include "data/labelling_tools.h"
#include "data/messages.h"
#include "data/preference_rows.h"
#include "data/rated_answers.h"
#include "data/tool_messages.h"

namespace selfreward {
namespace {

/// A prompt and what the assistant says to it; earlier turns belong to the prompt.
Conversation completion_messages(const Row& row, const char* answer_key) {
  Conversation messages = messages_at(row, "prompt", "user");
  Conversation answer = messages_at(row, answer_key, "assistant");
  check(answer.size() == 1 && answer.front().role == "assistant", "[data] ", row.where, ": \"", answer_key,
        "\" has ", answer.size(), " messages",
        answer.empty() ? "" : ", the first of role \"" + answer.front().role + "\"",
        "; wanted one message of the assistant, and earlier turns in the prompt");
  messages.push_back(std::move(answer.front()));
  return messages;
}

void add_history(const Row& row, Conversation& messages) {
  if (!has(row.value, "history")) return;
  for (const Json& turn : list_at(row, "history")) {
    check(turn.is_array() && turn.size() == 2 && turn[0].is_string() && turn[1].is_string(), "[data] ",
          row.where, ": \"history\" must be a list of [question, answer], found ", turn.type_name());
    messages.push_back({"user", turn[0].get<std::string>()});
    messages.push_back({"assistant", turn[1].get<std::string>()});
  }
}

Conversation instruction_messages(const Row& row, const char* input_key, const char* answer_key) {
  Conversation messages;
  add_history(row, messages);
  messages.push_back(
      {"user", with_input(string_at(row.value, "instruction", row.where), optional_text(row, input_key))});
  messages.push_back({"assistant", string_at(row.value, answer_key, row.where)});
  return messages;
}

Conversation conversation_of(const Row& row, RowFormat format) {
  if (format == RowFormat::conversations) return sharegpt_messages(row);
  if (format == RowFormat::messages) list_at(row, "messages");  // a text is no conversation
  return with_system(row, format == RowFormat::messages     ? messages_at(row, "messages", "user")
                          : format == RowFormat::completion ? completion_messages(row, "completion")
                          : format == RowFormat::response   ? completion_messages(row, "response")
                          : format == RowFormat::alpaca     ? instruction_messages(row, "input", "output")
                                                        : instruction_messages(row, "context", "response"));
}

std::string source_of(const Row& row) {
  const std::string source = optional_text(row, "source");
  return source.empty() ? row.file : source;
}

void add_example(const Row& row, RowFormat format, const Languages& languages, Filtered<Example>& result) {
  if (format == RowFormat::tree) return add_tree_example(row, source_of(row), languages, result);
  refuse_unread_columns(row);
  Example example{id_of(row), conversation_of(row, format), source_of(row), template_inputs(row)};
  if (const auto reason = objection_to(example.messages)) return leave_out(result, *reason, row.where);
  result.records.push_back(std::move(example));
}

RankedAnswers ranked_row(const Row& row) {
  RankedAnswers group{id_of(row), text_at(row.value, "prompt", row.where), {}, {}};
  if (has(row.value, "requirements")) group.requirements = list_at(row, "requirements");
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

void add_ranked(const Row& row, RowFormat format, const Languages& languages,
                Filtered<RankedAnswers>& result) {
  if (format == RowFormat::tree) return add_tree_answers(row, languages, result);
  if (format == RowFormat::rated) return add_rated_answers(row, result);
  if (format == RowFormat::argilla) return add_argilla_ranks(row, result);
  if (format == RowFormat::label_studio) return add_label_studio_ranks(row, result);
  result.records.push_back(ranked_row(row));
}

/// One Filtered over all rows; `add(row, format, result)` adds what a row holds. Messages of Open Assistant
/// come as trees when all have been read.
template <typename Record, typename Add>
Filtered<Record> read_rows(const fs::path& path, Purpose purpose, Add add) {
  Filtered<Record> result;
  std::optional<RowFormat> format;
  MessageTrees trees;
  for_each_row(path, [&](const Row& row) {
    if (!format) format = format_of(row, purpose);
    if (*format == RowFormat::tree_messages)
      trees.add(row);
    else
      add(row, *format, result);
  });
  check(format.has_value(), "[data] ", path.string(), " has no rows; is the file complete?");
  for (const Row& tree : trees.take()) add(tree, RowFormat::tree, result);
  return result;
}

}  // namespace

Filtered<Example> read_examples(const fs::path& path, const Languages& languages) {
  return read_rows<Example>(path, Purpose::examples,
                            [&](const Row& row, RowFormat format, Filtered<Example>& result) {
                              add_example(row, format, languages, result);
                            });
}

Filtered<RankedAnswers> read_ranked(const fs::path& path, const Languages& languages) {
  return read_rows<RankedAnswers>(path, Purpose::ranked,
                                  [&](const Row& row, RowFormat format, Filtered<RankedAnswers>& result) {
                                    add_ranked(row, format, languages, result);
                                  });
}

Filtered<PreferencePair> read_preferences(const fs::path& path) {
  return read_rows<PreferencePair>(path, Purpose::preferences, add_preference);
}

}  // namespace selfreward
