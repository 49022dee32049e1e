#include "evaluate/benchmarks/mt_bench.h"

#include <array>
#include <charconv>
#include <set>

#include "base/format.h"
#include "base/in_row.h"
#include "base/placeholders.h"
#include "base/yaml_map.h"
#include "data/rows/rows.h"
#include "feedback/judging/matches_in_reply.h"

namespace selfreward {
namespace {

int64_t question_id(const Row& row) {
  check(has(row.value, "question_id") && row.value.at("question_id").is_number_integer(), "[mt-bench] ",
        row.where, " has no whole number question_id; FastChat's question.jsonl is wanted");
  return row.value.at("question_id").get<int64_t>();
}

std::vector<std::string> texts(const Json& list, const std::string& where, const char* key) {
  const bool are_texts = list.is_array() && std::all_of(list.begin(), list.end(),
                                                        [](const Json& item) { return item.is_string(); });
  check(are_texts, "[mt-bench] ", where, ": ", key, " is no list of texts");
  return list.get<std::vector<std::string>>();
}

MtBenchQuestion question_of(const Row& row) {
  MtBenchQuestion question{question_id(row),
                           string_at(row.value, "category", row.where),
                           texts(list_at(row, "turns"), row.where, "turns"),
                           {}};
  check(question.turns.size() == 1 || question.turns.size() == 2, "[mt-bench] ", row.where, " has ",
        question.turns.size(), " turns; one or two are wanted");
  if (has(row.value, "reference"))
    question.reference = texts(row.value.at("reference"), row.where, "reference");
  return question;
}

Json mean_json(const std::vector<const MtBenchGrade*>& grades) {
  double sum = 0;
  int64_t n = 0;
  for (const MtBenchGrade* grade : grades)
    if (grade->score) {
      sum += *grade->score;
      ++n;
    }
  return {{"n", n},
          {"missing", std::ssize(grades) - n},
          {"mean", n ? Json(sum / static_cast<double>(n)) : Json(nullptr)}};
}

Json by_turn(const std::vector<const MtBenchGrade*>& grades) {
  std::vector<const MtBenchGrade*> first, second;
  for (const MtBenchGrade* grade : grades) (grade->turn == 1 ? first : second).push_back(grade);
  return {{"turn_1", mean_json(first)}, {"turn_2", mean_json(second)}, {"all", mean_json(grades)}};
}

/// A line of the table: the cells in their columns.
std::string summary_line(const std::array<std::string, 6>& cells) {
  return str(pad_right(cells[0], 16), " ", pad_left(cells[1], 7), " ", pad_left(cells[2], 7), " ",
             pad_left(cells[3], 7), " ", pad_left(cells[4], 5), " ", pad_left(cells[5], 8), "\n");
}

std::string table_line(const std::string& name, const Json& row) {
  const auto mean = [&](const char* key) { return fixed_or(number_at(row.at(key), "/mean"), 2, "-"); };
  const auto count = [&](const char* key) { return std::to_string(row.at("all").at(key).get<int64_t>()); };
  return summary_line(
      {name.substr(0, 16), mean("turn_1"), mean("turn_2"), mean("all"), count("n"), count("missing")});
}

}  // namespace

std::vector<MtBenchQuestion> read_mt_bench_questions(const fs::path& file) {
  std::vector<MtBenchQuestion> questions;
  std::set<int64_t> ids;
  for_each_row(file, [&](const Row& row) {
    questions.push_back(question_of(row));
    check(ids.insert(questions.back().id).second, "[mt-bench] ", row.where, ": question ",
          questions.back().id, " was there before");
  });
  check(!questions.empty(), "[mt-bench] ", file.string(), " has no questions");
  return questions;
}

void to_json(Json& json, const MtBenchAnswer& value) {
  const Json choice{{"index", 0}, {"turns", value.turns}};
  json = Json{{"question_id", value.question_id},
              {"answer_id", fingerprint(value.model + to_line({value.question_id, value.turns}))},
              {"model_id", value.model},
              {"choices", Json::array({choice})}};
}

void from_json(const Json& json, MtBenchAnswer& value) {
  json.at("question_id").get_to(value.question_id);
  json.at("model_id").get_to(value.model);
  json.at("choices").at(0).at("turns").get_to(value.turns);
}

void add_references(std::vector<MtBenchQuestion>& questions, const fs::path& file) {
  std::map<int64_t, std::vector<std::string>> references;
  for_each_row(file, [&](const Row& row) {
    const Json& choices = list_at(row, "choices");
    check(!choices.empty() && choices[0].contains("turns"), "[mt-bench] ", row.where,
          ": choices have no turns");
    references[question_id(row)] = texts(choices[0].at("turns"), row.where, "turns");
  });
  for (MtBenchQuestion& question : questions) {
    const auto found = references.find(question.id);
    if (found != references.end()) question.reference = found->second;
    check(!is_graded_by_reference(question.category) || question.reference.size() >= question.turns.size(),
          "[mt-bench] ", file.string(), " has no answer to question ", question.id, " (", question.category,
          "), which is graded by one");
  }
}

double mt_bench_temperature(const std::string& category) {
  static const std::map<std::string, double> known = {{"writing", 0.7}, {"roleplay", 0.7},  {"extraction", 0},
                                                      {"math", 0},      {"coding", 0},      {"reasoning", 0},
                                                      {"stem", 0.1},    {"humanities", 0.1}};
  const auto found = known.find(category);
  return found == known.end() ? 0.7 : found->second;
}

bool is_graded_by_reference(const std::string& category) {
  return category == "math" || category == "reasoning" || category == "coding";
}

MtBenchRubric MtBenchRubric::load(const fs::path& path) {
  const YamlMap yaml = YamlMap::read(path, "[mt-bench]");
  yaml.allow({"name", "rating_patterns", "first_turn", "first_turn_reference", "second_turn",
              "second_turn_reference"});
  const auto prompt = [&](const char* key, const char* answer) {
    const std::string text = yaml.text(key);
    check_placeholders(text, {answer}, yaml.place(key));
    return text;
  };
  MtBenchRubric rubric{yaml.text("name", ""),
                       prompt("first_turn", "{answer_1}"),
                       prompt("first_turn_reference", "{answer_1}"),
                       prompt("second_turn", "{answer_2}"),
                       prompt("second_turn_reference", "{answer_2}"),
                       {}};
  for (const std::string& pattern : yaml.texts("rating_patterns"))
    rubric.rating_patterns.push_back(at_place(yaml.place("rating_patterns"), [&] { return Regex(pattern); }));
  check(!rubric.rating_patterns.empty(), yaml.place("rating_patterns"), " is empty, expected one at least");
  return rubric;
}

ChatQuestion grading_question(const MtBenchRubric& rubric, const MtBenchQuestion& question,
                              const MtBenchAnswer& answer, size_t turn) {
  const bool by_reference = is_graded_by_reference(question.category) && question.reference.size() > turn;
  const std::string& text = turn == 0      ? by_reference ? rubric.first_turn_reference : rubric.first_turn
                            : by_reference ? rubric.second_turn_reference
                                           : rubric.second_turn;
  std::vector<PlaceholderValue> values;
  for (size_t n = 0; n <= turn; ++n) {
    values.emplace_back(str("{question_", n + 1, "}"), question.turns[n]);
    values.emplace_back(str("{answer_", n + 1, "}"), answer.turns[n]);
    if (by_reference) values.emplace_back(str("{reference_", n + 1, "}"), question.reference[n]);
  }
  return {str(question.id, "/turn ", turn + 1), {{"user", fill_placeholders(text, values)}}};
}

std::optional<double> parse_rating(const std::string& reply, const MtBenchRubric& rubric) {
  for (const Regex& pattern : rubric.rating_patterns) {
    const auto matches = matches_in_reply(pattern, reply);
    if (matches.empty() || matches[0].size() < 2) continue;
    const std::string_view digits = matches[0][1].in(reply);
    double rating = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), rating);
    return rating >= 1 && rating <= 10 ? std::optional(rating) : std::nullopt;
  }
  return std::nullopt;
}

void to_json(Json& json, const MtBenchGrade& value) {
  json = Json{{"question_id", value.question_id},
              {"model", value.model},
              {"judge", {value.judge, value.rubric}},
              {"user_prompt", value.prompt},
              {"judgment", value.reply},
              {"score", value.score ? Json(*value.score) : Json(-1)},
              {"turn", value.turn}};
}

void from_json(const Json& json, MtBenchGrade& value) {
  json.at("question_id").get_to(value.question_id);
  json.at("model").get_to(value.model);
  json.at("judge").at(0).get_to(value.judge);
  json.at("judge").at(1).get_to(value.rubric);
  json.at("user_prompt").get_to(value.prompt);
  json.at("judgment").get_to(value.reply);
  json.at("turn").get_to(value.turn);
  const double score = json.at("score").get<double>();
  value.score = score < 0 ? std::nullopt : std::optional(score);
}

Json mt_bench_summary(const std::vector<MtBenchQuestion>& questions,
                      const std::vector<MtBenchGrade>& grades) {
  std::map<int64_t, std::vector<const MtBenchGrade*>> of_question;
  std::vector<const MtBenchGrade*> all;
  for (const MtBenchGrade& grade : grades) {
    of_question[grade.question_id].push_back(&grade);
    all.push_back(&grade);
  }
  std::map<std::string, std::vector<const MtBenchGrade*>> categories;
  for (const MtBenchQuestion& question : questions)
    for (const MtBenchGrade* grade : of_question[question.id]) categories[question.category].push_back(grade);
  Json summary{{"model", grades.empty() ? "" : grades.front().model}};
  summary.update(by_turn(all));
  summary["categories"] = Json::object();
  for (const auto& [name, group] : categories) summary["categories"][name] = by_turn(group);
  return summary;
}

std::string mt_bench_table(const Json& summary) {
  std::string text = summary_line({"MT-Bench, 1 - 10", "turn 1", "turn 2", "both", "n", "missing"});
  for (const auto& [name, row] : summary.at("categories").items()) text += table_line(name, row);
  return text + table_line("all", summary);
}

}  // namespace selfreward
