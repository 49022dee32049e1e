#pragma once
// What can be counted in an answer: sentences, words, paragraphs, list lines, repetition.
#include <string>
#include <vector>

namespace selfreward {

/// Valid UTF-8 with \n line ends, straight quotes and plain spaces, without white space at the ends. All
/// functions below take such a text.
std::string plain_text(const std::string& answer);

/// Sentences end with . ! ? or an ellipsis (not after "e.g.", "Dr.", an initial, nor in "3.5" or "...and"),
/// with a paragraph, and with a line of a list. Titles ([[ ]], #) and marks without a word are none.
std::vector<std::string> sentences_of(const std::string& text);
/// Pieces between white space with a letter or digit; the number of a list line is none.
std::vector<std::string> words_of(const std::string& text);
/// Parts between blank lines that hold a word and are more than a title.
std::vector<std::string> paragraphs_of(const std::string& text);

/// The lines of a list without their marks "-", "*" or "1.".
std::vector<std::string> bullets_of(const std::string& text);
std::vector<std::string> numbered_of(const std::string& text);
/// [name]; neither [[a title]] nor [a link](address).
std::vector<std::string> placeholders_of(const std::string& text);

/// The first sentence that occurs twice (letter case and marks aside), or empty.
std::string repeated_sentence(const std::string& text);
/// The share of groups of three words that occurred before in the text; 0 for less than ten groups.
double repeated_share(const std::string& text);

/// Why an answer is worth nothing whatever it avoids to say: "fewer than 3 words", "the same words over and
/// over"; empty for others.
std::string degenerate_reason(const std::string& text);

}  // namespace selfreward
