#pragma once
// Characters younger than the Unicode 14 of PCRE2 10.42, which the `tokenizers` package (0.23: Oniguruma and
// Rust with Unicode 16) counts to a class. Written as members of a PCRE2 class: \x{1C89}-\x{1C8A}...
#include <string_view>

namespace selfreward {

/// Of \p{name}; empty for a property that got no younger members or is not known here.
std::string_view younger_members(std::string_view property);
/// Of \w.
std::string_view younger_word_characters();
/// What PCRE2's \p{P} has and the package's Punctuation, which is of an old Unicode, has not.
std::string_view younger_punctuation();

}  // namespace selfreward
