#include "evaluate/statistics/length_control.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "base/error.h"
#include "evaluate/statistics/logistic_l1.h"
#include "evaluate/statistics/paired_statistics.h"

namespace selfreward {
namespace {

constexpr int64_t kFewestPreferences = 10;
constexpr double kLambda = 0.2 / 2;  // weight of a gamed row: two gamed models share 0.2

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found(1);
  for (const char c : line)
    if (c == ',')
      found.emplace_back();
    else if (c != '"')
      found.back() += c;
  return found;
}

double number(const std::string& text, const std::string& where, const std::string& column) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size() && std::isfinite(value), "[evaluate] ",
        where, ": ", column, " is '", text, "'; a number is wanted");
  return value;
}

/// baseline length - length, in standard deviations.
std::vector<double> standardised_differences(const std::vector<LengthControlRow>& rows) {
  std::vector<double> differences;
  for (const LengthControlRow& row : rows) differences.push_back(row.baseline_length - row.length);
  const double n = static_cast<double>(rows.size());
  const double deviation = standard_error_of(differences).value_or(0) * std::sqrt(n);
  if (!(deviation > 0)) return {};
  for (double& difference : differences) difference /= deviation;
  return differences;
}

/// The difficulty of instruction i, where there is a table of them.
class Difficulty {
 public:
  Difficulty(const std::vector<GamedRow>& gamed, size_t rows) {
    for (const GamedRow& row : gamed) known_.emplace(row.index, row.difficulty);
    for (size_t i = 0; is_known() && i < rows; ++i)
      check(known_.count(static_cast<int64_t>(i)), "[evaluate] the difficulties have no instruction ", i,
            "; they belong to the AlpacaEval set in its own order: leave out --difficulty for other "
            "instructions");
  }
  bool is_known() const { return !known_.empty(); }
  std::optional<double> of(size_t i) const {
    return is_known() ? std::optional(known_.at(static_cast<int64_t>(i))) : std::nullopt;
  }

 private:
  std::map<int64_t, double> known_;
};

std::vector<double> features(double delta, std::optional<double> difficulty, bool not_gamed) {
  std::vector<double> x{std::tanh(delta)};
  if (difficulty) x.push_back(*difficulty);
  x.push_back(not_gamed ? 1 : 0);
  return x;
}

/// The gamed models' rows, then the model's own.
std::vector<LogisticRow> training_rows(const std::vector<LengthControlRow>& rows,
                                       const std::vector<double>& deltas, const std::vector<GamedRow>& gamed,
                                       const Difficulty& difficulty) {
  std::vector<LogisticRow> training;
  for (const GamedRow& row : gamed)
    training.push_back({features(row.std_delta_len, row.difficulty, row.not_gamed), row.preference,
                        row.not_gamed ? 1 : kLambda});
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i].preference)
      training.push_back({features(deltas[i], difficulty.of(i), /*not_gamed=*/true), *rows[i].preference, 1});
  return training;
}

}  // namespace

std::vector<GamedRow> read_gamed(const fs::path& csv) {
  const auto lines = read_lines(csv);
  check(!lines.empty(), "[evaluate] ", csv.string(), " is empty");
  std::map<std::string, size_t> columns;
  const auto names = cells(lines[0]);
  for (size_t i = 0; i < names.size(); ++i) columns[names[i]] = i;
  for (const char* name :
       {"preference", "index", "std_delta_len", "instruction_difficulty", "not_gamed_baseline"})
    check(columns.count(name), "[evaluate] ", csv.string(), " has no column '", name,
          "'; alpaca_eval's df_gamed.csv is wanted");
  std::vector<GamedRow> rows;
  for (size_t n = 1; n < lines.size(); ++n) {
    const std::string where = str(csv.string(), ", line ", n + 1);
    const auto row = cells(lines[n]);
    check(row.size() == names.size(), "[evaluate] ", where, " has ", row.size(), " cells; ", names.size(),
          " are wanted");
    const auto at = [&](const char* name) { return number(row[columns.at(name)], where, name); };
    const std::string& not_gamed = row[columns.at("not_gamed_baseline")];
    rows.push_back({at("preference"), at("std_delta_len"), at("instruction_difficulty"),
                    not_gamed == "True" || not_gamed == "1", static_cast<int64_t>(at("index"))});
  }
  return rows;
}

std::optional<LengthControl> length_control(const std::vector<LengthControlRow>& rows,
                                            const std::vector<GamedRow>& gamed, std::string& why_not) {
  const auto deltas = standardised_differences(rows);
  const Difficulty difficulty(gamed, rows.size());
  const auto preferences = std::count_if(
      rows.begin(), rows.end(), [](const LengthControlRow& row) { return row.preference.has_value(); });
  why_not = deltas.empty()                     ? "all answers differ by the same length"
            : preferences < kFewestPreferences ? str("fewer than ", kFewestPreferences, " preferences")
                                               : "";
  if (!why_not.empty()) return std::nullopt;
  const auto weights = fit_logistic_l1_cv(training_rows(rows, deltas, gamed, difficulty));
  LengthControl control{difficulty.is_known() ? "length_controlled_v1" : "length_controlled_minimal",
                        0,
                        std::nullopt,
                        weights.front(),
                        weights.back(),
                        {},
                        {}};
  if (difficulty.is_known()) control.weight_difficulty = weights[1];
  for (size_t i = 0; i < rows.size(); ++i)
    control.predictions.push_back(
        sigmoid(linear(weights, features(0, difficulty.of(i), /*not_gamed=*/true))));
  control.win_rate = *mean_of(control.predictions);
  control.standard_error = spread_error_of(control.predictions);
  return control;
}

bool is_far(double win_rate, double controlled) {
  return controlled < win_rate - std::max(0.1, win_rate / 4) ||
         controlled > win_rate + std::max(0.1, (1 - win_rate) / 4);
}

}  // namespace selfreward
