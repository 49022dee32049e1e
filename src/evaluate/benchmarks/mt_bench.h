#pragma once
// MT-Bench (Zheng et al. 2023, arXiv 2306.05685): two-turn questions, each answer graded from 1 to 10 by a
// judge. Files are FastChat's, so that its tools read ours.
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/regex.h"
#include "evaluate/judges/chat_reply.h"

namespace selfreward {

struct MtBenchQuestion {
  int64_t id = 0;
  std::string category;
  std::vector<std::string> turns;      // one or two
  std::vector<std::string> reference;  // an answer to each turn; empty where there is none
};

/// Rows {"question_id", "category", "turns", "reference"?}. Ids that repeat and more than two turns are
/// Errors.
std::vector<MtBenchQuestion> read_mt_bench_questions(const fs::path& file);

/// What a model answered; a turn whose prompt did not fit the context is absent, and so is the next.
struct MtBenchAnswer {
  int64_t question_id = 0;
  std::string model;
  std::vector<std::string> turns;
};
/// FastChat's model_answer rows: {"question_id", "answer_id", "model_id", "choices": [{"index", "turns"}]}.
void to_json(Json& json, const MtBenchAnswer& value);
void from_json(const Json& json, MtBenchAnswer& value);

/// Puts the answers of such rows to the questions as references. A question of math, reasoning or coding that
/// the file leaves out is an Error.
void add_references(std::vector<MtBenchQuestion>& questions, const fs::path& file);

/// Temperature of an answer as FastChat sets it by category; 0.7 for a category it does not know.
double mt_bench_temperature(const std::string& category);
/// Whether the category is graded against a reference answer: math, reasoning, coding.
bool is_graded_by_reference(const std::string& category);

/// The judge's prompts, and the patterns whose group 1 is the rating, tried in order.
struct MtBenchRubric {
  std::string name, first_turn, first_turn_reference, second_turn, second_turn_reference;
  std::vector<Regex> rating_patterns;

  /// A YAML file with these keys; an unknown or missing key, or a template without its answer, is an Error.
  static MtBenchRubric load(const fs::path& path);
};

/// The question that grades turn 0 or 1 of an answer.
ChatQuestion grading_question(const MtBenchRubric& rubric, const MtBenchQuestion& question,
                              const MtBenchAnswer& answer, size_t turn);

/// The first match of the first pattern that matches, if it is from 1 to 10.
std::optional<double> parse_rating(const std::string& reply, const MtBenchRubric& rubric);

struct MtBenchGrade {
  int64_t question_id = 0;
  int64_t turn = 1;  // 1 or 2
  std::string model, judge, rubric, prompt, reply;
  std::optional<double> score;
};
/// FastChat's rows {"question_id", "model", "judge", "user_prompt", "judgment", "score", "turn"}; its mark
/// for a grading without a rating is the score -1, which stands in files only.
void to_json(Json& json, const MtBenchGrade& value);
void from_json(const Json& json, MtBenchGrade& value);

/// {"model", "turn_1", "turn_2", "all", "categories": {name: {"turn_1", "turn_2", "all"}}}, each {"n",
/// "missing", "mean"}; mean is null without a rating.
Json mt_bench_summary(const std::vector<MtBenchQuestion>& questions, const std::vector<MtBenchGrade>& grades);
std::string mt_bench_table(const Json& summary);

}  // namespace selfreward
