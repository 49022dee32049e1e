#include "verifiable/compose.h"

#include <doctest/doctest.h>

using namespace selfreward;
using namespace selfreward::verifiable;

namespace {
const Topic kTea{
    "noun",
    "train",
    "tea",
    {"cup", "leaf", "kettle", "honey", "steam"},
    {"Tea is made from leaves.", "A cup of tea can calm a busy mind.", "Some drink it with milk."},
    {}};
Requirements requirements(const std::string& text) {
  return parse_json(text, "test").get<Requirements>();
}
}  // namespace

TEST_CASE("a careless draft misses what it is told to miss and nothing else") {
  const auto all = requirements(R"([{"kind":"sentences","min":3,"max":3},{"kind":"exclude","words":["very"]},
    {"kind":"include","words":["kettle"]},{"kind":"title"}])");
  for (size_t mask = 0; mask < 16; ++mask) {
    std::vector<bool> missed;
    for (size_t i = 0; i < all.size(); ++i) missed.push_back(mask >> i & 1);
    const Draft draft = careless_draft(all, missed, kTea, Seed(mask));
    const auto result = check_requirements(all, "", compose(draft, kTea, Seed(mask)));
    for (size_t i = 0; i < all.size(); ++i)
      CHECK_MESSAGE(result.verdicts[i].met == !missed[i], mask, " ", result.verdicts[i].wanted);
  }
}

TEST_CASE("an answer that contradicts itself cannot be put together") {
  const auto all = requirements(R"([{"kind":"lower_case"},{"kind":"upper_case"}])");
  CHECK(!check_requirements(all, "", compose({all, {}}, kTea, Seed(1))).all_met());
}
