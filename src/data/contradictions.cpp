#include "data/contradictions.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

namespace selfreward {
namespace {

// Views into the records: a data set has many orders of the same long texts.
using Claim = std::tuple<std::string_view, std::string_view, std::string_view>;

/// What a verdict is about.
Claim subject_of(const VerdictRow& row) {
  return {row.prompt, row.answer, row.requirement};
}

/// Every "better than" that a group says: the prompt, the better answer, the worse one.
std::vector<Claim> orders_of(const RankedAnswers& group) {
  std::vector<Claim> orders;
  for (size_t a = 0; a < group.answers.size(); ++a)
    for (size_t b = 0; b < group.answers.size(); ++b)
      if (group.ranks[a] < group.ranks[b] && group.answers[a] != group.answers[b])
        orders.emplace_back(group.prompt, group.answers[a], group.answers[b]);
  return orders;
}

/// The records that `contradicts` is false of; the others are left out under their ids.
template <typename Record, typename Contradicts>
Filtered<Record> without(std::vector<Record> records, const Contradicts& contradicts) {
  std::vector<bool> is_out;  // of all, before the first is moved from
  for (const Record& record : records) is_out.push_back(contradicts(record));
  Filtered<Record> kept;
  for (size_t i = 0; i < records.size(); ++i) {
    if (is_out[i])
      leave_out(kept, "contradicting", records[i].id);
    else
      kept.records.push_back(std::move(records[i]));
  }
  return kept;
}

}  // namespace

Filtered<VerdictRow> without_contradictions(std::vector<VerdictRow> verdicts) {
  std::set<Claim> met, not_met;
  for (const VerdictRow& row : verdicts) (row.met ? met : not_met).insert(subject_of(row));
  return without(std::move(verdicts),
                 [&](const VerdictRow& row) { return (row.met ? not_met : met).contains(subject_of(row)); });
}

Filtered<RankedAnswers> without_contradictions(std::vector<RankedAnswers> groups) {
  std::set<Claim> said;
  for (const RankedAnswers& group : groups)
    for (const Claim& order : orders_of(group)) said.insert(order);
  const auto is_contradicted = [&](const Claim& order) {
    const auto& [prompt, better, worse] = order;
    return said.contains({prompt, worse, better});
  };
  return without(std::move(groups), [&](const RankedAnswers& group) {
    const auto orders = orders_of(group);
    return std::any_of(orders.begin(), orders.end(), is_contradicted);
  });
}

}  // namespace selfreward
