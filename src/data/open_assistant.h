#pragma once
// Open Assistant conversation trees (Koepf et al. 2023), one per row: a prompt message with nested replies.
// Used as the paper uses them: English, first turn only. A message counts when it is human (not synthetic),
// not deleted and passed review; rank 0 is the best sibling.
#include "data/filtered.h"
#include "data/records.h"
#include "data/rows.h"

namespace selfreward {

bool is_open_assistant_tree(const Json& row);

/// Adds the prompt with its rank-0 reply, or counts the tree under the reason why there is none:
/// "tree_not_ready", "not_english", "deleted", "synthetic", "review_not_passed" (of prompt or reply),
/// "no_rank_0_reply".
void add_tree_example(const Row& row, const std::string& source, Filtered<Example>& result);

/// Adds the prompt with its ranked replies. Trees are counted as above or as "fewer_than_two_ranked_replies",
/// single replies as "reply_unranked", "reply_synthetic", "reply_deleted", ...
void add_tree_answers(const Row& row, Filtered<RankedAnswers>& result);

}  // namespace selfreward
