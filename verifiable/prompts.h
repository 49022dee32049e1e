#pragma once
// The verifiable prompts: a topic, an opening, and one to four requirements that do not contradict each
// other, which is proven by an answer that meets them all.
#include <set>

#include "base/seed.h"
#include "gold/requirement.h"
#include "verifiable/topics.h"

namespace selfreward::verifiable {

struct MadePrompt {
  VerifiablePrompt row;
  Topic topic;
};

/// How many prompts of a category; the categories are text, list, json, language, choice and letter.
struct Share {
  const char* category;
  int64_t count;
};

/// A set of prompts that is to be made, with topics and wordings of one split.
struct PromptSet {
  std::string name, split;
  std::vector<Share> shares;
  std::string wordings = split;  // of requirements (phrases.h)
};

/// The prompts of each category of the set, in mixed order; ids are name-001, ... Texts in `taken` are not
/// made again, new ones join it.
std::vector<MadePrompt> make_prompts(const std::vector<Topic>& topics, const PromptSet& set, const Seed& seed,
                                     std::set<std::string>& taken);

}  // namespace selfreward::verifiable
