#pragma once
// A true score of answers to prompts that carry their requirements: which are met, and why the others are
// not.
//   const auto result = check_requirements(row.requirements, row.prompt, answer);   // result.share() * 5
#include "gold/requirement.h"

namespace selfreward {

/// What became of one requirement: "4 sentences" was found, "at most 3 sentences" wanted. The evidence is what
/// a reader would note down to find that out: "1 The sea is; 2 It has many; 3 We swim; 4 Fish; 4 counted, more than 3".
struct RequirementVerdict {
  bool met = false;
  std::string wanted, found, evidence;
};

struct VerifiableResult {
  std::vector<RequirementVerdict> verdicts;  // one for each requirement, in order
  std::vector<double> weights;               // of each
  std::string worthless;  // why the answer as a whole counts for nothing; empty where it counts

  /// The weighted share of the requirements that are met; 0 for a worthless answer.
  double share() const;
  bool all_met() const { return share() == 1; }
  /// Each miss in words: "4 sentences, wanted at most 3 sentences".
  std::vector<std::string> misses() const;
};

/// Why an answer is worth nothing whatever it meets: it says too little, goes round in circles, or says the prompt
/// again. Empty for others.
std::string worthless_reason(const std::string& prompt, const std::string& answer);

RequirementVerdict check_requirement(const Requirement& requirement, const std::string& answer);

/// An answer of fewer than three words, of the same words over and over, or with the whole prompt in it is
/// worthless, whatever it meets by saying nothing.
VerifiableResult check_requirements(const Requirements& requirements, const std::string& prompt,
                                    const std::string& answer);

/// The rows of a file of prompts with their requirements. A bad row is an error with its file and line.
std::vector<VerifiablePrompt> read_verifiable(const fs::path& path);

}  // namespace selfreward
