#pragma once
// The hand-written wordings of openings and requirements. Training and evaluation share none.
#include "base/seed.h"
#include "gold/requirement.h"
#include "verifiable/topics.h"

namespace selfreward::verifiable {

/// "Write a short text about the sea."; `category` is text, list, json, language, choice or letter.
std::string opening(const std::string& category, const Topic& topic, const Seed& seed);

/// A sentence that asks for the requirement: "Use at most 3 sentences."; `split` is train, eval, or more: those of train
/// and others.
std::string phrase(const Requirement& requirement, const std::string& split, const Seed& seed);

/// All wordings of a split, to compare them.
std::vector<std::string> all_wordings(const std::string& split);

}  // namespace selfreward::verifiable
