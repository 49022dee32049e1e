#pragma once
// One value of a setting out of its text.
#include <string>

#include "config/fields.h"

namespace selfreward {

/// `text` with ${NAME} and a leading ~/ replaced; $${ stands for a plain ${. A variable that is not set is an
/// error, which begins with `where`.
std::string expand_text(const std::string& text, const std::string& where);

/// Sets a value that is neither section nor list; false when `text` is not of its type. `plain` is false for
/// text in quotes, which is never a number.
bool assign(const FieldValue& value, const std::string& text, bool plain, const std::string& where);

}  // namespace selfreward
