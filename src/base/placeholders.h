#pragma once
// Templates: texts with placeholders that values are put in for.
//   fill_placeholders("Q: {question}", {{"{question}", question}})
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace selfreward {

/// A placeholder as it is written in the template, with its braces, and what is put in for it.
using PlaceholderValue = std::pair<std::string, std::string_view>;

/// `text` with the value for every placeholder; of those that begin at one byte the first in the list counts.
/// Values are not searched: braces in an answer stay as they are. Other text in braces stays too.
std::string fill_placeholders(std::string_view text, const std::vector<PlaceholderValue>& values);

/// Throws Error unless every placeholder is in `text`, which the message calls `where` ("[rubric] a.yaml: the
/// template").
void check_placeholders(std::string_view text, const std::vector<std::string>& placeholders,
                        const std::string& where);

}  // namespace selfreward
