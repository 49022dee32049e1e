#pragma once
// Open Assistant conversation trees (Koepf et al. 2023): a prompt message with nested replies per row, or one
// message per row. Used as the paper uses them: first turn only, English where no other languages are asked
// for. A message counts when it is of one of these languages, human (not synthetic), not deleted and passed
// review; rank 0 is the best sibling.
#include <unordered_map>

#include "data/filtered.h"
#include "data/records.h"
#include "data/rows/rows.h"

namespace selfreward {

/// As messages name theirs: "en", "de", "pt-BR".
using Languages = std::vector<std::string>;

bool is_open_assistant_tree(const Json& row);

/// Adds the prompt with its rank-0 reply, or counts the tree under the reason why there is none:
/// "tree_not_ready", "other_language", "deleted", "synthetic", "review_not_passed" (of prompt or reply),
/// "no_rank_0_reply".
void add_tree_example(const Row& row, const std::string& source, const Languages& languages,
                      Filtered<Example>& result);

/// Adds the prompt with its ranked replies. Trees are counted as above or as "fewer_than_two_ranked_replies",
/// single replies as "reply_unranked", "reply_synthetic", "reply_deleted", ...
void add_tree_answers(const Row& row, const Languages& languages, Filtered<RankedAnswers>& result);

/// Trees out of rows that hold one message each, in any order.
class MessageTrees {
 public:
  void add(const Row& row);
  /// A row per prompt in the order of the file, with its direct replies: the first turn. A reply whose parent
  /// is not in the file is an Error.
  std::vector<Row> take();

 private:
  std::vector<Row> roots_, replies_;                 // values are cut to what a tree is asked for
  std::unordered_map<std::string, int64_t> places_;  // of a message: its place in roots_, or kReply
};

}  // namespace selfreward
