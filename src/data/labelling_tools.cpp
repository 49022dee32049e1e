#include "data/labelling_tools.h"

#include <algorithm>

#include "base/text_util.h"
#include "data/rated_answers.h"

namespace selfreward {
namespace {

using Names = std::vector<std::string>;

/// What people said about the answers of one prompt.
struct Ranked {
  Names names;                  // of the answers, in the order of the row
  Names answers;                // their texts
  std::vector<Names> rankings;  // one person's each, the best first
};

bool is_list_of_texts(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); });
}

/// The object at `key` as a row of its own, for readers of rows.
Row inner(const Row& row, const char* key) {
  check(row.value.at(key).is_object(), "[data] ", row.where, ": \"", key, "\" must be an object, found ",
        row.value.at(key).type_name());
  return {row.value.at(key), str(row.where, ", \"", key, "\""), row.id, row.file};
}

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

void add(const Row& row, const std::string& prompt, Ranked ranked, Filtered<RankedAnswers>& result) {
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

/// The rankings of Argilla's ranking question, which is the only one whose values name fields.
class ArgillaRankings {
 public:
  ArgillaRankings(const Row& row, const Json& fields) : row_(row), fields_(fields) {}

  void add(const std::string& question, const Json& value) {
    if (!is_list_of_texts(value) || !fields_.contains(value.front().get<std::string>())) return;
    check(question_.empty() || question_ == question, "[data] ", row_.where, ": both \"", question_,
          "\" and \"", question,
          "\" rank fields; wanted one ranking question, so remove the other's responses");
    question_ = question;
    rankings_.push_back(value.get<Names>());
  }
  std::vector<Names> take() { return std::move(rankings_); }

 private:
  const Row& row_;
  const Json& fields_;
  std::string question_;
  std::vector<Names> rankings_;
};

bool is_no_answer_yet(const Json& status) {
  return status.is_string() && status != "submitted";
}

/// The list at `key`; nothing where there is none or null.
Json list_or_none(const Row& row, const std::string& key) {
  const auto found = row.value.find(key);
  if (found == row.value.end() || found->is_null()) return Json::array();
  check(found->is_array(), "[data] ", row.where, ": \"", key, "\" must be a list, found ",
        found->type_name());
  return *found;
}

/// Of {"fields", "responses"}; older exports say nothing about drafts.
std::vector<Names> nested_rankings(const Row& row, const Row& fields, Filtered<RankedAnswers>& result) {
  check(row.value.contains("responses"), "[data] ", row.where,
        ": an Argilla record needs \"responses\" beside \"fields\"; the row has: ", key_list(row.value));
  ArgillaRankings rankings(row, fields.value);
  if (row.value.at("responses").is_null()) return {};  // nobody has labelled it
  const Row responses = inner(row, "responses");
  for (const auto& [question, said] : responses.value.items())
    for (const Json& response : list_or_none(responses, question))
      if (response.is_object() && has(response, "status") && is_no_answer_yet(response.at("status")))
        leave_out(result, "not_submitted", row.where);
      else if (response.is_object() && has(response, "value"))
        rankings.add(question, response.at("value"));
  return rankings.take();
}

/// Of columns "QUESTION.responses" beside the fields'; only what was submitted counts.
std::vector<Names> flat_rankings(const Row& row, Filtered<RankedAnswers>& result) {
  const std::string suffix = ".responses";
  ArgillaRankings rankings(row, row.value);
  bool has_question = false;
  for (const auto& [key, value] : row.value.items()) {
    if (key.size() <= suffix.size() || !key.ends_with(suffix)) continue;
    has_question = true;
    const Json said = list_or_none(row, key), statuses = list_or_none(row, key + ".status");
    for (size_t i = 0; i < said.size(); ++i)
      if (i < statuses.size() && is_no_answer_yet(statuses[i]))
        leave_out(result, "not_submitted", row.where);
      else
        rankings.add(key.substr(0, key.size() - suffix.size()), said[i]);
  }
  check(has_question, "[data] ", row.where,
        ": no \"QUESTION.responses\", which an Argilla record has; the row has: ", key_list(row.value));
  return rankings.take();
}

/// The answers are the fields that are ranked.
void add_argilla(const Row& row, const Row& fields, std::vector<Names> rankings,
                 Filtered<RankedAnswers>& result) {
  Ranked ranked{{}, {}, std::move(rankings)};
  const auto is_ranked = [&](const std::string& name) {
    return std::any_of(ranked.rankings.begin(), ranked.rankings.end(), [&](const Names& ranking) {
      return std::find(ranking.begin(), ranking.end(), name) != ranking.end();
    });
  };
  for (const auto& [name, text] : fields.value.items()) {
    if (!is_ranked(name)) continue;
    ranked.names.push_back(name);
    ranked.answers.push_back(string_at(fields.value, name.c_str(), fields.where));
  }
  add(row, question_of(fields), std::move(ranked), result);
}

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

void add_argilla_ranks(const Row& row, Filtered<RankedAnswers>& result) {
  if (!has(row.value, "fields")) return add_argilla(row, row, flat_rankings(row, result), result);
  const Row fields = inner(row, "fields");
  add_argilla(row, fields, nested_rankings(row, fields, result), result);
}

void add_label_studio_ranks(const Row& row, Filtered<RankedAnswers>& result) {
  const Row data = inner(row, "data");
  Ranked ranked{{}, {}, label_studio_rankings(row, result)};
  if (ranked.rankings.empty()) return leave_out(result, "not_ranked", row.where);
  if (has(data.value, "answer1") && has(data.value, "answer2")) {
    ranked.names = {"answer1", "answer2"};
    for (const std::string& name : ranked.names)
      ranked.answers.push_back(string_at(data.value, name.c_str(), data.where));
  } else {
    take_items(data, ranked);
  }
  add(row, question_of(data), std::move(ranked), result);
}

}  // namespace selfreward
