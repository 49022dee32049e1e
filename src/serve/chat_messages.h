#pragma once
// The messages and tools of a chat request, as chat templates expect them.
#include "base/json.h"

namespace selfreward {

/// Checks that each message has a role and a text; content that is a list of text parts becomes one text,
/// arguments of tool calls become objects. Keys that are null or empty count as absent. All else of a message
/// (name, tool_call_id, ...) stays. Content that is no text (images), and keys that say what the server does
/// not do (function_call, refusal, audio, prefix), are an ApiError.
Json template_messages(const Json& messages);
/// A list of {"type": "function", "function": {...}}; an empty one is none (null). Keys that are null count
/// as absent.
Json template_tools(const Json& tools);

}  // namespace selfreward
