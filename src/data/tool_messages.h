#pragma once
// What rows say to a chat template beyond roles and texts: tools, their calls, reasoning, further variables.
#include "data/records.h"
#include "data/rows/rows.h"

namespace selfreward {

/// The row's "tools", a list of JSON schemas or that list as a JSON string, and "chat_template_kwargs", an
/// object. Null where they are absent or empty. Another type is an Error with the row's place.
TemplateInputs template_inputs(const Row& row);

/// `value` without the keys of its objects that are null: a Parquet row has every key that some row has.
Json without_nulls(const Json& value);

/// The message {"role", `content_key`, ...}, with the keys that templates read beside these two:
/// "tool_calls", "tool_call_id", "name", "reasoning_content", "thinking". The content may be a list of text
/// parts, which are joined, and may be absent beside tool calls. Anything else is an Error that begins with
/// `where`.
Message message_with_calls(const Json& value, const std::string& role, const char* content_key,
                           const std::string& where);

bool has_tool_calls(const Message& message);

/// The message for people to read: its text, and the tool calls behind it as JSON.
std::string shown_text(const Message& message);

}  // namespace selfreward
