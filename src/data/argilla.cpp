// Argilla's exports.
#include <algorithm>

#include "data/labelled_rows.h"
#include "data/rated_answers.h"

namespace selfreward {
namespace {

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
  const Row responses = inner_row(row, "responses");
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
  add_ranked(row, question_of(fields), std::move(ranked), result);
}

}  // namespace

void add_argilla_ranks(const Row& row, Filtered<RankedAnswers>& result) {
  if (!has(row.value, "fields")) return add_argilla(row, row, flat_rankings(row, result), result);
  const Row fields = inner_row(row, "fields");
  add_argilla(row, fields, nested_rankings(row, fields, result), result);
}

}  // namespace selfreward
