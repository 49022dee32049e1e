#pragma once
// Answers put together from a topic's sentences: right ones, which prove that a prompt can be answered, and
// careless ones, which miss chosen requirements in a known way.
#include "base/seed.h"
#include "gold/verifiable.h"
#include "verifiable/topics.h"

namespace selfreward::verifiable {

/// What an answer is made to have: `requirements`, and sentences that a careless writer adds.
struct Draft {
  Requirements requirements;
  std::vector<std::string> extra;
};

/// An answer that meets the draft's requirements where they do not contradict each other.
std::string compose(const Draft& draft, const Topic& topic, const Seed& seed);

/// The draft that misses those of `requirements` whose entry in `missed` is true: another number, a word left
/// out, a word or mark that was to be avoided, no title, another language.
Draft careless_draft(const Requirements& requirements, const std::vector<bool>& missed, const Topic& topic,
                     const Seed& seed);

}  // namespace selfreward::verifiable
