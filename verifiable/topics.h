#pragma once
// The hand-written subjects of the verifiable prompts (topics.jsonl): what a prompt may be about, and true
// sentences and words on it, from which an answer that meets any set of requirements can be put together.
#include <string>
#include <vector>

#include "base/files.h"

namespace selfreward::verifiable {

struct Topic {
  std::string category;                // noun, question or letter
  std::string split;                   // train or eval; no topic is in both
  std::string name;                    // "the sea"; of a question the question
  std::vector<std::string> items;      // single words
  std::vector<std::string> sentences;  // without commas and numbers, so that they fit any requirement
  std::vector<std::string> options;    // of a question: sentences to choose from
};

/// Throws Error with file and line for a row that is wrong, and for a topic that occurs twice.
std::vector<Topic> read_topics(const fs::path& jsonl);

/// Those of a category and a split.
std::vector<Topic> topics_of(const std::vector<Topic>& topics, const std::string& category,
                             const std::string& split);

}  // namespace selfreward::verifiable
