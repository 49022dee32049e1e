#pragma once
// Held-out data, set aside before anything else sees the seed data, and the wall between IFT and EFT.
#include "base/seed.h"
#include "data/filtered.h"
#include "data/records.h"

namespace selfreward {

template <typename Record>
struct Split {
  std::vector<Record> train, held_out;
};

/// Splits by the record's id, each id on its own: adding, removing or reordering rows moves no other row, a
/// larger share keeps what was held out, and IFT and EFT rows of one prompt fall on the same side under the
/// same seed. The held-out part is a share of the rows in expectation. Throws Error unless 0 <= share < 1.
template <typename Record>
Split<Record> split_held_out(std::vector<Record> records, double share, const Seed& seed) {
  check(share >= 0 && share < 1, "[split] the held-out share is ", share, ", wanted 0 or more and below 1");
  Split<Record> split;
  for (Record& record : records) {
    auto& side = seed.child("held_out", record.id).uniform(0) < share ? split.held_out : split.train;
    side.push_back(std::move(record));
  }
  return split;
}

/// The groups whose prompt is no user message of `examples`; prompts are compared by their words, so white
/// space does not hide a copy. Dropped: "prompt_in_examples".
Filtered<RankedAnswers> without_shared_prompts(std::vector<RankedAnswers> groups,
                                               const std::vector<Example>& examples);

}  // namespace selfreward
