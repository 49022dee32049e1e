#pragma once
// Preference pairs as what they are for a judge: two ranked answers.
#include "data/filtered.h"
#include "data/open_assistant.h"
#include "data/records.h"

namespace selfreward {

/// The pair as ranked answers, the chosen one with rank 0. A later pair of the same prompt gets the id
/// "prompt-id#2" and so on. Left out: "prompt_is_not_one_user_message", as a judge is shown one instruction.
Filtered<RankedAnswers> pairs_as_ranked(const std::vector<PreferencePair>& pairs);

/// Ranked answers out of any file of ranked answers or of preference pairs (readers.h); its first row says
/// which. Repeated ids are told apart as above.
Filtered<RankedAnswers> read_ranked_or_pairs(const fs::path& path, const Languages& languages = {"en"});

}  // namespace selfreward
