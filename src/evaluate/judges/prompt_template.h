#pragma once
#include <string>
#include <utility>
#include <vector>

namespace selfreward {

/// `text` with every name of `holes` ("{instruction}") replaced by what stands beside it. What is put in is
/// not looked at again: braces in an answer stay as they are.
std::string fill_template(const std::string& text,
                          const std::vector<std::pair<std::string, std::string>>& holes);

}  // namespace selfreward
