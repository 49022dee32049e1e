#pragma once
// What a data file holds, in numbers: for `inspect data`.
#include <map>

#include "data/records.h"

namespace selfreward {

/// A record as a conversation up to the answer, and its answers: one (SFT), chosen and rejected, or all
/// ranked ones.
struct Sample {
  std::string id;
  Conversation prompt;
  std::vector<std::string> answers;  // tool calls as JSON
  TemplateInputs inputs = {};
};
Sample sample_of(const Example& example);
Sample sample_of(const PreferencePair& pair);
Sample sample_of(const RankedAnswers& group);

struct DataSummary {
  std::map<std::string, int64_t> roles;    // messages of each role; every answer is one of the assistant
  std::map<int64_t, int64_t> turns;        // how many samples have how many user messages
  std::map<std::string, int64_t> systems;  // samples with each system text
  int64_t with_tools = 0;                  // samples with a list of tools
  int64_t repeated_prompts = 0;            // samples whose prompt an earlier one has
  int64_t repeated_samples = 0;            // and whose answers too
  std::vector<int64_t> prompt_characters;  // of each sample, all messages of the prompt
  std::vector<std::vector<int64_t>> answer_characters;  // [place of the answer][sample]
};
DataSummary summarize(const std::vector<Sample>& samples);

/// The smallest length that a share of at least `share` of `lengths` does not exceed (nearest rank). Not
/// empty.
int64_t quantile(std::vector<int64_t> lengths, double share);

/// The first, the one of median length, and the longest; each once, in this order.
std::vector<size_t> typical_rows(const std::vector<int64_t>& lengths);

/// At most `limit` bytes of text: where there is more, the middle is left out and the gap says how much.
std::string clipped_middle(const std::string& text, size_t limit);

}  // namespace selfreward
