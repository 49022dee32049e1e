#include "feedback/judging/checklist.h"

#include "base/error.h"
#include "base/text_util.h"
#include "gold/requirement.h"

namespace selfreward {
namespace {

std::string wording_of(const Json& item, const std::string& which) {
  const Json& wording = item.is_object() ? item.value("wording", Json()) : item;
  check(wording.is_string() && !strip(wording.get<std::string>()).empty(), "[checklist] ", which, " is ",
        item.dump(), ", wanted a sentence, or an object with one in \"wording\"");
  return strip(wording.get<std::string>());
}

/// What has no kind is not for gold rules: another key is a mistake.
void check_keys(const Json& item, const std::string& which) {
  if (!item.is_object() || item.contains("kind")) return;
  for (const auto& [key, value] : item.items())
    check(key == "wording" || key == "weight", "[checklist] ", which, " has the key '", key,
          "'; known are wording and weight, and of gold rules kind with its own");
}

double weight_of(const Json& item, const std::string& which) {
  const Json weight = item.is_object() ? item.value("weight", Json(1)) : Json(1);
  check(weight.is_number() && weight.get<double>() > 0 && weight.get<double>() <= kMaxWeight, "[checklist] ",
        which, " has the weight ", weight.dump(), ", wanted a number above 0 and at most ", kMaxWeight);
  return weight.get<double>();
}

}  // namespace

Checklist checklist_of(const Json& requirements) {
  if (requirements.is_null()) return {};
  check(requirements.is_array(), "[checklist] requirements is ", requirements.dump(), ", wanted a list");
  Checklist items;
  for (const Json& item : requirements) {
    const std::string which = str("requirement ", items.size() + 1);
    check_keys(item, which);
    items.push_back({wording_of(item, which), weight_of(item, which)});
  }
  return items;
}

double checklist_share(const Checklist& items, const std::vector<double>& shares) {
  double sum = 0, total = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    sum += items[i].weight * shares.at(i);
    total += items[i].weight;
  }
  return sum / total;
}

}  // namespace selfreward
