#pragma once
// The language of a text by its most common words and its letters: plain, and enough to tell five languages
// apart in a sentence or two.
#include <string>

namespace selfreward {

/// "French" for "fr"; empty for a code that is not known.
std::string language_name(const std::string& code);
/// The known codes, for messages.
std::string known_languages();

/// The code of the language whose common words and special letters mark most words of `text`; empty where no
/// language marks a fifth of them and two at least, or two languages mark about as many.
std::string language_of(const std::string& text);

}  // namespace selfreward
