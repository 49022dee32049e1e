#include "data/splits.h"

#include <set>

#include "base/text_util.h"

namespace selfreward {

Filtered<RankedAnswers> without_shared_prompts(std::vector<RankedAnswers> groups,
                                               const std::vector<Example>& examples) {
  std::set<std::vector<std::string>> used;
  for (const Example& example : examples)
    for (const Message& message : example.messages)
      if (message.role == "user") used.insert(split_words(message.content));
  Filtered<RankedAnswers> result;
  for (RankedAnswers& group : groups) {
    if (used.contains(split_words(group.prompt)))
      ++result.dropped["prompt_in_examples"];
    else
      result.records.push_back(std::move(group));
  }
  return result;
}

}  // namespace selfreward
