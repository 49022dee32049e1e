#pragma once
// What the readers of labelling tools' exports share.
#include "data/labelling_tools.h"

namespace selfreward {

using Names = std::vector<std::string>;

/// What people said about the answers of one prompt.
struct Ranked {
  Names names;                  // of the answers, in the order of the row
  Names answers;                // their texts
  std::vector<Names> rankings;  // one person's each, the best first
};

bool is_list_of_texts(const Json& value);

/// The object at `key` as a row of its own, for readers of rows.
Row inner_row(const Row& row, const char* key);

/// Adds the answers with their mean places over all rankings that have every answer; left out are the reasons of
/// labelling_tools.h.
void add_ranked(const Row& row, const std::string& prompt, Ranked ranked, Filtered<RankedAnswers>& result);

}  // namespace selfreward
