#pragma once
// More wordings of training, for prompts beyond the files of verifiable/ (verifiable_data --prompts): a judge that has
// read two wordings of a requirement takes a third one for its opposite.
#include <map>
#include <string>
#include <vector>

namespace selfreward::verifiable {

/// By the keys of phrases.cpp: {n} the count, {m} the upper end of a range, {w} the words in quotes, {x} the text, {l}
/// the language.
const std::map<std::string, std::vector<std::string>>& more_phrases();

}  // namespace selfreward::verifiable
