#include "data/labelled_rows.h"

#include <algorithm>

#include "base/text_util.h"

namespace selfreward {
namespace {

/// The mean place of each answer over all rankings that have every answer.
std::vector<double> mean_ranks(const Ranked& ranked, const Row& row, Filtered<RankedAnswers>& result) {
  std::vector<double> sums(ranked.names.size(), 0);
  double people = 0;
  for (const Names& ranking : ranked.rankings) {
    if (!std::is_permutation(ranking.begin(), ranking.end(), ranked.names.begin(), ranked.names.end())) {
      leave_out(result, "partly_ranked", row.where);
      continue;
    }
    ++people;
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] +=
          static_cast<double>(std::find(ranking.begin(), ranking.end(), ranked.names[i]) - ranking.begin());
  }
  if (people == 0) return {};
  for (double& sum : sums) sum /= people;
  return sums;
}

}  // namespace

bool is_list_of_texts(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); });
}

Row inner_row(const Row& row, const char* key) {
  check(row.value.at(key).is_object(), "[data] ", row.where, ": \"", key, "\" must be an object, found ",
        row.value.at(key).type_name());
  return {row.value.at(key), str(row.where, ", \"", key, "\""), row.id, row.file};
}

void add_ranked(const Row& row, const std::string& prompt, Ranked ranked, Filtered<RankedAnswers>& result) {
  const auto blank = [](const std::string& text) { return strip(text).empty(); };
  if (ranked.rankings.empty()) return leave_out(result, "not_ranked", row.where);
  if (ranked.answers.size() < 2) return leave_out(result, "fewer_than_two_answers", row.where);
  if (blank(prompt) || std::any_of(ranked.answers.begin(), ranked.answers.end(), blank))
    return leave_out(result, "empty_message", row.where);
  std::vector<double> ranks = mean_ranks(ranked, row, result);
  if (ranks.empty())
    leave_out(result, "not_ranked", row.where);
  else
    result.records.push_back({id_of(row), prompt, std::move(ranked.answers), std::move(ranks)});
}

}  // namespace selfreward
