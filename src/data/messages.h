#pragma once
// Conversations in the spellings that data sets use. A wrong type or an unknown role is an Error with the
// row's place.
#include <optional>

#include "data/records.h"
#include "data/rows/rows.h"

namespace selfreward {

/// A string is one message of `role`; a list holds {"role": user | assistant | system | developer | tool,
/// "content"} messages, with their marks of what is trained (training_marks.h).
Conversation messages_at(const Row& row, const char* key, const char* role);

/// "conversations" of sharegpt: {"from": human | gpt | system, "value"}, or {"role", "content"}, with these
/// and the usual names of the roles; a "system" column leads.
Conversation sharegpt_messages(const Row& row);

/// Text as in Anthropic's HH data, "\n\nHuman: ...\n\nAssistant: ...".
bool is_human_assistant_text(std::string_view text);
/// Its messages, without white space around them.
Conversation human_assistant_messages(std::string_view text);

/// `instruction`, and the input or context behind it after a blank line.
std::string with_input(const std::string& instruction, const std::string& input);

/// `messages` behind the system text of the row's "system" column, where it has one.
Conversation with_system(const Row& row, Conversation messages);

/// Columns that would change what is rendered or trained, and that are not read: "functions", images, ... A
/// row that has one is an Error that names it.
void refuse_unread_columns(const Row& row);

/// What the user says first; empty where there is no such message.
std::string first_question(const Conversation& messages);

/// Why a conversation cannot be trained: "no_user_message", "no_final_answer" (the assistant's),
/// "empty_answer", "empty_message"; nothing if it can.
std::optional<std::string> objection_to(const Conversation& messages);

}  // namespace selfreward
