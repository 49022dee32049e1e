#pragma once
// The formats of rows, told apart by the keys of a file's first row.
#include "data/rows/rows.h"

namespace selfreward {

/// What a file is read for; a row may serve several (an Open Assistant tree, UltraFeedback-binarized).
enum class Purpose { examples, ranked, preferences };

enum class RowFormat {
  messages,       // {"messages": [{"role", "content"}, ...]}
  conversations,  // sharegpt: {"conversations": [{"from", "value"}, ...]}, {"role", "content"} too
  completion,     // {"prompt", "completion"}, texts or lists of messages
  response,       // {"prompt", "response"}
  alpaca,         // {"instruction", "input"?, "output", "system"?, "history"?}
  dolly,          // {"instruction", "context"?, "response"}
  ranked,         // {"prompt", "answers", "ranks"}
  rated,          // distilabel: {"instruction", "generations", "ratings"}
  argilla,        // an export with a ranking question (labelling_tools.h)
  label_studio,   // an export with a Ranker or a Pairwise
  pair,           // {"chosen", "rejected"} with "prompt", or with the prompt as what both begin with
  tree,           // Open Assistant: {"prompt": {"text", "replies": [...], ...}}
  tree_messages,  // Open Assistant: {"message_id", "parent_id", "role", "text", ...}, one message per row
};

/// The format of a row that is read for `purpose`. Throws Error that names what the row has, and what to do
/// about a known format that cannot serve: plain text, unpaired preferences, or the data of another stage.
RowFormat format_of(const Row& row, Purpose purpose);

/// The first purpose, in the order preferences, ranked, examples, that the row's own format was made for.
Purpose purpose_of(const Row& row);

std::string to_string(RowFormat format);

}  // namespace selfreward
