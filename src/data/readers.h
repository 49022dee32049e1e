#pragma once
// Seed data in the formats people have (formats.h). The first row of a file decides its format; every row
// must follow it. Any container that rows/rows.h reads, or a directory of such files.
//   const auto ift = read_examples("oasst_ready_tree.jsonl");   // ift.records, ift.dropped["synthetic"]
// A row that is wrong (a missing key, another type, an unknown role) is an Error with file, line and reason;
// a row that a rule leaves out is counted by reason, with the places of the first ones.
#include "base/files.h"
#include "data/filtered.h"
#include "data/open_assistant.h"
#include "data/records.h"

namespace selfreward {

/// Instruction data (IFT), one Example per row:
///   {"messages": [{"role", "content"}, ...]}                    chat; our own Example rows are this
///   {"conversations": [{"from", "value"}, ...], "system"?}      sharegpt; {"role", "content"} too
///   {"prompt", "completion"}                                    each a string or a list of messages
///   {"prompt", "response"}, {"instruction", "context"?, "response"}
///   {"instruction", "input"?, "output", "system"?, "history"?}  alpaca; the input follows the instruction
///                                                               after a blank line, history is a list of
///                                                               [question, answer]
///   {"prompt": {"text", "replies": [...], ...}}                 Open Assistant tree (open_assistant.h)
///   {"message_id", "parent_id", "text", ...}                    Open Assistant, one message per row
/// The last message must be the assistant's. Of Open Assistant, messages in one of `languages` are read. Left
/// out: "no_user_message", "no_final_answer", "empty_answer", "empty_message", and the reasons of
/// open_assistant.h. The id is the row's "id", the message_id of an Open Assistant prompt, or file stem and
/// row number; the source is the row's "source" or the file name.
Filtered<Example> read_examples(const fs::path& path, const Languages& languages = {"en"});

/// Several ranked answers per prompt, the raw material of EFT and of the reward-modelling evaluation:
///   {"id"?, "prompt", "answers": [...], "ranks": [...]}      our own rows, rank 0 is the best; two
///                                                            answers or more
///   {"instruction", "generations": [...], "ratings": [...]}  distilabel; the best rating gets rank 0, a
///                                                            generation without rating is counted as
///                                                            "reply_unrated"
///   Open Assistant                                           as above
///   exports of Argilla and Label Studio                      labelling_tools.h
/// Left out: "fewer_than_two_rated_answers", "empty_message", and the reasons of open_assistant.h and
/// labelling_tools.h.
Filtered<RankedAnswers> read_ranked(const fs::path& path, const Languages& languages = {"en"});

/// Preference pairs for DPO (preference_rows.h).
Filtered<PreferencePair> read_preferences(const fs::path& path);

}  // namespace selfreward
