#pragma once
// Preference pairs out of the rows that data sets have:
//   {"prompt", "chosen", "rejected"}           texts, or lists of messages (TRL standard, conversational)
//   {"chosen", "rejected"}                     the prompt is what both begin with (TRL's implicit prompt);
//                                              texts of Anthropic's HH data are read as messages first
//   {"prompt": text, "chosen", "rejected"}     whole conversations beside their prompt
//                                              (UltraFeedback-binarized): the conversations count
//   {"instruction" or "question" or "input", "chosen" or "chosen_response", ...}
//                                              orca, distilabel, argilla
//   {"instruction", "generations", "ratings"}  distilabel: the best against the worst rating
// with "system"?, "prompt_id" or "id"?, and the scores of both answers under their usual names.
#include "data/filtered.h"
#include "data/formats.h"
#include "data/records.h"

namespace selfreward {

/// Adds the row's pair. Left out: "chosen_is_rejected", "empty_answer", "empty_message", "equal_ratings",
/// "fewer_than_two_rated_answers", "prompt_does_not_end_with_user" (what both answers share ends with an
/// answer), and "answer_is_not_one_message" (the conversations part before their last message, or end with
/// the user's).
void add_preference(const Row& row, RowFormat format, Filtered<PreferencePair>& result);

/// TRL's rule: how many messages, or characters of a text, both begin with; the last one of each never
/// counts.
size_t shared_messages(const Conversation& chosen, const Conversation& rejected);
/// In bytes; white space before the first difference belongs to the answers, as in TRL.
size_t shared_text(const std::string& chosen, const std::string& rejected);

}  // namespace selfreward
