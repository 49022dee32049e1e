#include "evaluate/judges/prompt_template.h"

#include <algorithm>

namespace selfreward {

std::string fill_template(const std::string& text,
                          const std::vector<std::pair<std::string, std::string>>& holes) {
  std::string filled;
  for (size_t at = 0; at < text.size();) {
    const auto hole = std::find_if(holes.begin(), holes.end(), [&](const auto& entry) {
      return text.compare(at, entry.first.size(), entry.first) == 0;
    });
    filled += hole == holes.end() ? std::string(1, text[at]) : hole->second;
    at += hole == holes.end() ? 1 : hole->first.size();
  }
  return filled;
}

}  // namespace selfreward
