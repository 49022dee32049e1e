#include "data/rated_answers.h"

#include <algorithm>

#include "base/text_util.h"
#include "data/messages.h"

namespace selfreward {
std::vector<double> ranks_of(const std::vector<double>& ratings) {
  std::vector<double> ranks;
  for (const double rating : ratings)
    ranks.push_back(static_cast<double>(
        std::count_if(ratings.begin(), ratings.end(), [&](double other) { return other > rating; })));
  return ranks;
}

RatedAnswers rated_answers(const Row& row) {
  const Json& answers = list_at(row, has(row.value, "generations") ? "generations" : "responses");
  const Json& ratings = list_at(row, has(row.value, "ratings") ? "ratings" : "rating");
  check(answers.size() == ratings.size(), "[data] ", row.where, ": ", answers.size(), " answers and ",
        ratings.size(), " ratings; wanted as many of each");
  RatedAnswers rated;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].is_null() || ratings[i].is_null()) {
      ++rated.unrated;
      continue;
    }
    check(answers[i].is_string(), "[data] ", row.where, ": answers must be strings, found ",
          answers[i].type_name());
    check(ratings[i].is_number(), "[data] ", row.where, ": ratings must be numbers, found ",
          ratings[i].type_name());
    rated.answers.push_back(answers[i]);
    rated.ratings.push_back(ratings[i]);
  }
  return rated;
}

std::string question_of(const Row& row) {
  if (has(row.value, "instruction"))
    return with_input(string_at(row.value, "instruction", row.where), optional_text(row, "input"));
  for (const char* key : {"prompt", "question"})
    if (has(row.value, key)) return string_at(row.value, key, row.where);
  return string_at(row.value, "input", row.where);
}

void add_rated_answers(const Row& row, Filtered<RankedAnswers>& result) {
  check(optional_text(row, "system").empty(), "[data] ", row.where,
        ": \"system\" cannot be kept with ranked answers, which have a prompt alone; remove the column");
  RatedAnswers rated = rated_answers(row);
  for (int64_t i = 0; i < rated.unrated; ++i) leave_out(result, "reply_unrated", row.where);
  const std::string question = question_of(row);
  const auto blank = [](const std::string& text) { return strip(text).empty(); };
  if (rated.answers.size() < 2) return leave_out(result, "fewer_than_two_rated_answers", row.where);
  if (blank(question) || std::any_of(rated.answers.begin(), rated.answers.end(), blank))
    return leave_out(result, "empty_message", row.where);
  const Json requirements = has(row.value, "requirements") ? list_at(row, "requirements") : Json();
  result.records.push_back(
      {id_of(row), question, std::move(rated.answers), ranks_of(rated.ratings), requirements});
}

}  // namespace selfreward
