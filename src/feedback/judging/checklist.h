#pragma once
// What an answer must do, one point a time: the requirements that a checklist judge asks about.
#include <string>
#include <vector>

#include "base/json.h"

namespace selfreward {

struct ChecklistItem {
  std::string wording;  // "Use at most 3 sentences."
  double weight = 1;
  bool operator==(const ChecklistItem&) const = default;
};
using Checklist = std::vector<ChecklistItem>;

/// The `requirements` of a row: texts, or objects with "wording" and perhaps "weight" (above 0); other keys say
/// how a program would check the requirement. None (null) is an empty list. Throws Error that says which entry
/// is wrong and what was wanted.
Checklist checklist_of(const Json& requirements);

/// The weighted mean of the items' shares (0 .. 1, one for each item).
double checklist_share(const Checklist& items, const std::vector<double>& shares);

}  // namespace selfreward
