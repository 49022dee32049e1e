#pragma once
// Unicode's normalization forms (annex 15), by utf8proc.
#include <string>
#include <string_view>

namespace selfreward {

enum class UnicodeForm { nfc, nfd, nfkc, nfkd };

/// Valid UTF-8 in the form, as the `tokenizers` package knows it; a failure of utf8proc (no memory) is an
/// error.
std::string to_unicode_form(std::string_view text, UnicodeForm form);

}  // namespace selfreward
