#include "feedback/judging/checklist.h"

#include "base/error.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

std::string wording_of(const Json& item, const std::string& which) {
  const Json& wording = item.is_object() ? item.value("wording", Json()) : item;
  check(wording.is_string() && !strip(wording.get<std::string>()).empty(), "[checklist] ", which, " is ",
        item.dump(), ", wanted a sentence, or an object with one in \"wording\"");
  return strip(wording.get<std::string>());
}

double weight_of(const Json& item, const std::string& which) {
  const Json weight = item.is_object() ? item.value("weight", Json(1)) : Json(1);
  check(weight.is_number() && weight.get<double>() > 0, "[checklist] ", which, " has the weight ",
        weight.dump(), ", wanted a number above 0");
  return weight.get<double>();
}

}  // namespace

Checklist checklist_of(const Json& requirements) {
  if (requirements.is_null()) return {};
  check(requirements.is_array(), "[checklist] requirements is ", requirements.dump(), ", wanted a list");
  Checklist items;
  for (const Json& item : requirements) {
    const std::string which = str("requirement ", items.size() + 1);
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
