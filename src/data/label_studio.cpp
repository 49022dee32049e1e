// Label Studio's exports.
#include <algorithm>

#include "base/text_util.h"
#include "data/labelled_rows.h"
#include "data/rated_answers.h"

namespace selfreward {
namespace {

std::string text_of_item(const Json& item, const std::string& where) {
  return has(item, "body") ? string_at(item, "body", where) : string_at(item, "title", where);
}

bool is_list_of_items(const Json& value) {
  return value.is_array() && !value.empty() && value.front().is_object() && has(value.front(), "id");
}

Names ids_of(const Json& items, const std::string& where) {
  Names ids;
  for (const Json& item : items) ids.push_back(string_at(item, "id", where));
  return ids;
}

/// Whether somebody ranked exactly these ids.
bool is_ranked_whole(const Names& ids, const std::vector<Names>& rankings) {
  return std::any_of(rankings.begin(), rankings.end(), [&](const Names& ranking) {
    return std::is_permutation(ranking.begin(), ranking.end(), ids.begin(), ids.end());
  });
}

/// Whether all that is ranked is among `ids`, by whomever.
bool are_ranked(const Names& ids, const std::vector<Names>& rankings) {
  return std::all_of(rankings.begin(), rankings.end(), [&](const Names& ranking) {
    return std::all_of(ranking.begin(), ranking.end(),
                       [&](const std::string& id) { return std::count(ids.begin(), ids.end(), id) > 0; });
  });
}

/// The names of the lists of items that the task's Ranker may have sorted: those that somebody ranked whole, else those
/// that have all ids that are ranked.
Names ranked_lists(const Row& data, const std::vector<Names>& rankings) {
  Names all, whole, partly;
  for (const auto& [key, value] : data.value.items()) {
    if (!is_list_of_items(value)) continue;
    all.push_back(key);
    const Names ids = ids_of(value, data.where);
    if (is_ranked_whole(ids, rankings)) whole.push_back(key);
    if (are_ranked(ids, rankings)) partly.push_back(key);
  }
  check(!all.empty(), "[data] ", data.where,
        ": no list of items with \"id\" and \"body\", which the Ranker sorts; the task has: ",
        key_list(data.value));
  check(!whole.empty() || !partly.empty(), "[data] ", data.where,
        ": the Ranker has sorted ids that no list of the task has; its lists are: ", joined(all, ", "));
  return whole.empty() ? partly : whole;
}

void take_items(const Row& data, Ranked& ranked) {
  const Names lists = ranked_lists(data, ranked.rankings);
  check(
      lists.size() == 1, "[data] ", data.where, ": the lists ", joined(lists, " and "),
      " have the ids that are ranked, so nobody knows which one is; take one out, or give its items other ids");
  const Json& items = data.value.at(lists[0]);
  ranked.names = ids_of(items, data.where);
  for (const std::string& id : ranked.names)
    check(std::count(ranked.names.begin(), ranked.names.end(), id) == 1, "[data] ", data.where,
          ": two items have the id \"", id, "\", so nobody knows which one is ranked");
  for (const Json& item : items) ranked.answers.push_back(text_of_item(item, data.where));
}

Names order_of(const Json& ranker, const std::string& where) {
  Names order;
  int64_t lists = 0;
  for (const auto& [name, ids] : ranker.items()) {
    if (name == "_") continue;  // what was put into no bucket
    ++lists;
    check(is_list_of_texts(ids), "[data] ", where, ": \"ranker\" has ", ids.dump(), ", wanted a list of ids");
    order = ids.get<Names>();
  }
  check(lists <= 1, "[data] ", where, ": a Ranker with ", lists, " buckets (", key_list(ranker),
        "), which have no order; export a Ranker without buckets");
  return order;
}

/// One person's ranking out of one result of an annotation; empty where it says something else.
Names ranking_of(const Json& value, const Row& row) {
  if (has(value, "ranker")) return order_of(value.at("ranker"), row.where);
  if (!has(value, "selected")) return {};
  const std::string& selected = string_at(value, "selected", row.where);
  check(selected == "left" || selected == "right", "[data] ", row.where, ": \"selected\" is \"", selected,
        "\", wanted left or right");
  return selected == "left" ? Names{"answer1", "answer2"} : Names{"answer2", "answer1"};
}

bool is_cancelled(const Json& annotation) {
  return has(annotation, "was_cancelled") && annotation.at("was_cancelled") == true;
}

std::vector<Names> label_studio_rankings(const Row& row, Filtered<RankedAnswers>& result) {
  std::vector<Names> rankings;
  for (const Json& annotation : list_at(row, "annotations")) {
    if (is_cancelled(annotation)) {
      leave_out(result, "annotation_cancelled", row.where);
      continue;
    }
    check(annotation.is_object() && has(annotation, "result") && annotation.at("result").is_array(),
          "[data] ", row.where,
          ": an annotation has no list \"result\"; is this Label Studio's JSON export (not JSON-MIN)?");
    const size_t before = rankings.size();
    for (const Json& said : annotation.at("result")) {
      Names ranking = said.is_object() && has(said, "value") ? ranking_of(said.at("value"), row) : Names();
      if (!ranking.empty()) rankings.push_back(std::move(ranking));
    }
    check(rankings.size() <= before + 1, "[data] ", row.where, ": an annotation has ",
          rankings.size() - before, " rankings, wanted one; export a project with one Ranker or Pairwise");
  }
  return rankings;
}

}  // namespace

void add_label_studio_ranks(const Row& row, Filtered<RankedAnswers>& result) {
  const Row data = inner_row(row, "data");
  Ranked ranked{{}, {}, label_studio_rankings(row, result)};
  if (ranked.rankings.empty()) return leave_out(result, "not_ranked", row.where);
  if (has(data.value, "answer1") && has(data.value, "answer2")) {
    ranked.names = {"answer1", "answer2"};
    for (const std::string& name : ranked.names)
      ranked.answers.push_back(string_at(data.value, name.c_str(), data.where));
  } else {
    take_items(data, ranked);
  }
  add_ranked(row, question_of(data), std::move(ranked), result);
}

}  // namespace selfreward
