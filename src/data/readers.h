#pragma once
// Seed data in the formats people have. The first row of a file decides its format; every row must follow it.
//   const auto ift = read_examples("oasst_ready_tree.jsonl");   // ift.records, ift.dropped["synthetic"]
// JSON lines or one JSON array. A row that is wrong is an Error with file, line and reason; a row that a rule
// leaves out is counted by reason.
#include "base/files.h"
#include "data/filtered.h"
#include "data/records.h"

namespace selfreward {

/// Instruction data (IFT), one Example per row, in one of these formats:
///   {"messages": [{"role", "content"}, ...]}            chat; our own Example rows are this with "id",
///   "source"
///   {"prompt": ..., "completion": ...}                  each a string or a list of messages
///   {"instruction", "input"?, "output", "system"?}      alpaca; the input follows the instruction after a
///   blank line
///   {"prompt": {"text", "replies": [...], ...}}         Open Assistant tree (open_assistant.h)
/// Every conversation ends with the assistant's message. The id is the row's "id", the message_id of an Open
/// Assistant prompt, or file stem and row number; the source is the row's "source" or the file name.
Filtered<Example> read_examples(const fs::path& path);

/// Several ranked answers per prompt, the raw material of EFT and of the reward-modelling evaluation:
///   {"id"?, "prompt", "answers": [...], "ranks": [...]}  our own rows, rank 0 is the best; two answers or
///   more
///   {"prompt": {"text", "replies": [...], ...}}          Open Assistant tree
Filtered<RankedAnswers> read_ranked(const fs::path& path);

}  // namespace selfreward
