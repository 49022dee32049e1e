#pragma once
// The language of an answer among those that IFEval asks for: by its script, its common words and letters.
#include <string>
#include <vector>

namespace selfreward {

/// The ISO 639-1 codes of the languages that are told apart, sorted.
const std::vector<std::string>& ifeval_languages();

/// The ISO 639-1 code, or empty where nothing marks one.
std::string ifeval_language(const std::string& text);

}  // namespace selfreward
