#include "evaluate/benchmarks/alpaca_eval.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/format.h"
#include "base/utf8.h"
#include "data/rows/rows.h"
#include "evaluate/benchmarks/model_outputs.h"
#include "evaluate/statistics/paired_statistics.h"

namespace selfreward {
namespace {

std::optional<double> percent(const std::optional<double>& share) {
  return share ? std::optional(*share * 100) : std::nullopt;
}

std::string exact(const std::optional<double>& value) {
  return value ? significant(*value, 15) : "";
}

std::optional<double> preference_of(const Row& row) {
  if (!has(row.value, "preference")) return std::nullopt;
  const Json& value = row.value.at("preference");
  const double number = value.is_number() ? value.get<double>() : -1;
  check(number == 0 || (number >= 1 && number <= 2), "[evaluate] ", row.where, ": preference is ",
        value.dump(), "; a number from 1 to 2 is wanted");
  return number == 0 ? 1.5 : number;
}

/// A line of the table: the first cell in a column of `width` bytes, the others in theirs.
std::string leaderboard_line(size_t width, const std::array<std::string, 7>& cells) {
  return str(pad_right(cells[0], width), " ", pad_left(cells[1], 10), " ", pad_left(cells[2], 8), " ",
             pad_left(cells[3], 8), " ", pad_left(cells[4], 8), " ", pad_left(cells[5], 7), " ",
             pad_left(cells[6], 10), "\n");
}

/// A name as a CSV cell.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::optional<double> controlled(const LeaderboardRow& row) {
  return row.length_control ? std::optional(row.length_control->win_rate * 100) : std::nullopt;
}

std::optional<double> controlled_error(const LeaderboardRow& row) {
  return row.length_control ? percent(row.length_control->standard_error) : std::nullopt;
}

}  // namespace

void to_json(Json& json, const Annotation& value) {
  json = Json{{"instruction", value.instruction}, {"output_1", value.output_1},
              {"generator_1", value.generator_1}, {"dataset", value.dataset},
              {"output_2", value.output_2},       {"generator_2", value.generator_2},
              {"annotator", value.annotator}};
  json["preference"] = value.preference ? Json(*value.preference) : Json(nullptr);
  json["raw_completion"] = value.raw_completion;
}

std::vector<Annotation> read_annotations(const fs::path& file) {
  std::vector<Annotation> annotations;
  for_each_row(file, [&](const Row& row) {
    Annotation annotation;
    const auto text = [&](const char* key) { return string_at(row.value, key, row.where); };
    annotation.instruction = text("instruction");
    annotation.output_1 = text("output_1");
    annotation.output_2 = text("output_2");
    annotation.generator_1 = text("generator_1");
    annotation.generator_2 = text("generator_2");
    for (const std::string& name : {annotation.generator_1, annotation.generator_2})
      check_printable_name(name, row.where);
    annotation.annotator = optional_text(row, "annotator");
    annotation.preference = preference_of(row);
    if (!annotations.empty())
      check(annotation.generator_1 == annotations[0].generator_1 &&
                annotation.generator_2 == annotations[0].generator_2,
            "[evaluate] ", row.where, " compares '", annotation.generator_1, "' with '",
            annotation.generator_2, "', the first row '", annotations[0].generator_1, "' with '",
            annotations[0].generator_2, "'; a file of one comparison is wanted");
    annotations.push_back(std::move(annotation));
  });
  check(!annotations.empty(), "[evaluate] ", file.string(), " has no rows");
  return annotations;
}

LeaderboardRow leaderboard_row(const std::vector<Annotation>& annotations,
                               const std::vector<GamedRow>& gamed) {
  LeaderboardRow row{.name = annotations.front().generator_2};
  std::vector<double> preferences, discrete;
  std::vector<LengthControlRow> lengths;
  double characters = 0;
  for (const Annotation& annotation : annotations) {
    const auto length = static_cast<double>(count_characters(annotation.output_2));
    characters += length;
    lengths.push_back({std::nullopt, static_cast<double>(count_characters(annotation.output_1)), length});
    if (!annotation.preference) continue;
    const double p = *annotation.preference - 1;
    lengths.back().preference = p;
    preferences.push_back(p);
    discrete.push_back(p > 0.5 ? 1 : p < 0.5 ? 0 : 0.5);
    ++(p > 0.5 ? row.n_wins : p < 0.5 ? row.n_wins_base : row.n_draws);
  }
  row.n_total = std::ssize(preferences);
  row.avg_length = static_cast<int64_t>(characters / static_cast<double>(annotations.size()));
  row.win_rate = percent(mean_of(preferences));
  row.standard_error = percent(standard_error_of(preferences));
  row.discrete_win_rate = percent(mean_of(discrete));
  row.length_control = length_control(lengths, gamed, row.no_length_control);
  return row;
}

void sort_leaderboard(std::vector<LeaderboardRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const LeaderboardRow& a, const LeaderboardRow& b) {
    const auto key = [](const LeaderboardRow& row) {
      return std::pair(controlled(row).value_or(-1), row.win_rate.value_or(-1));
    };
    return key(a) > key(b);
  });
}

std::string leaderboard_csv(const std::vector<LeaderboardRow>& rows) {
  std::string text =
      ",win_rate,standard_error,n_wins,n_wins_base,n_draws,n_total,discrete_win_rate,mode,avg_length,"
      "length_controlled_winrate,lc_standard_error\n";
  for (const LeaderboardRow& row : rows)
    text += str(cell(row.name), ",", exact(row.win_rate), ",", exact(row.standard_error), ",", row.n_wins,
                ",", row.n_wins_base, ",", row.n_draws, ",", row.n_total, ",", exact(row.discrete_win_rate),
                ",community,", row.avg_length, ",", exact(controlled(row)), ",", exact(controlled_error(row)),
                "\n");
  return text;
}

std::string leaderboard_table(const std::vector<LeaderboardRow>& rows) {
  size_t width = 5;
  for (const LeaderboardRow& row : rows) width = std::max(width, row.name.size());
  std::string text =
      leaderboard_line(width, {"model", "LC win %", "win %", "s.e.", "discr. %", "n", "avg length"});
  for (const LeaderboardRow& row : rows)
    text += leaderboard_line(width,
                             {row.name, fixed_or(controlled(row), 2, "-"), fixed_or(row.win_rate, 2, "-"),
                              fixed_or(row.standard_error, 2, "-"), fixed_or(row.discrete_win_rate, 2, "-"),
                              std::to_string(row.n_total), std::to_string(row.avg_length)});
  return text;
}

}  // namespace selfreward
