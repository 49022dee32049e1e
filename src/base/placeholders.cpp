#include "base/placeholders.h"

#include <algorithm>

#include "base/error.h"

namespace selfreward {

std::string fill_placeholders(std::string_view text, const std::vector<PlaceholderValue>& values) {
  std::string filled;
  while (!text.empty()) {
    const auto value = std::find_if(values.begin(), values.end(),
                                    [&](const auto& entry) { return text.starts_with(entry.first); });
    filled += value == values.end() ? text.substr(0, 1) : value->second;
    text.remove_prefix(value == values.end() ? 1 : value->first.size());
  }
  return filled;
}

void check_placeholders(std::string_view text, const std::vector<std::string>& placeholders,
                        const std::string& where) {
  for (const std::string& placeholder : placeholders)
    check(text.find(placeholder) != std::string_view::npos, where, " has no ", placeholder,
          ", so what belongs there would be left out");
}

}  // namespace selfreward
