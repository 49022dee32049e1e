#pragma once
// The hand-written sentences that are not of a topic (compose.h).
#include "verifiable/topics.h"

namespace selfreward::verifiable {

/// The words that prompts ask to avoid, and what they ask to start and to end with: a split, or "more" (phrases.h).
std::vector<std::string> avoidable_words();
const std::vector<std::string>& starts(const std::string& wordings);
const std::vector<std::string>& ends(const std::string& wordings);

/// A sentence that begins with the phrase.
std::string start_sentence(const std::string& phrase);
/// A sentence with one of avoidable_words().
std::string sentence_with(const std::string& avoidable);
/// A sentence with a comma, an exclamation or a question mark.
std::string sentence_with_mark(const std::string& mark);
/// "What do you think?" in the language.
std::string question_in(const std::string& language);
/// Sentences that fit the topic, or in another language than English any topic.
std::vector<std::string> general_sentences(const Topic& topic, const std::string& language);

}  // namespace selfreward::verifiable
