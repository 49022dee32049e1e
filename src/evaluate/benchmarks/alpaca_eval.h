#pragma once
// The files and figures of alpaca_eval: annotations.json and leaderboard.csv.
#include "base/json.h"
#include "evaluate/statistics/length_control.h"

namespace selfreward {

/// One row of annotations.json: two answers, and a preference from 1 (the first is better, surely) over 1.5
/// to 2 (the second is); 0 is an old spelling of 1.5. Absent where the judge gave none.
struct Annotation {
  std::string instruction, output_1, generator_1, output_2, generator_2, dataset, annotator;
  std::optional<double> preference;
  Json raw_completion;
};
void to_json(Json& json, const Annotation& value);

/// A JSON array of one comparison (one generator_1, one generator_2); a row of another shape is an Error.
std::vector<Annotation> read_annotations(const fs::path& file);

/// A row of leaderboard.csv, rates in percent. Rates are absent where there is no preference, those of length
/// control where length_control gives none.
struct LeaderboardRow {
  std::string name;
  std::optional<double> win_rate = {}, standard_error = {}, discrete_win_rate = {};
  int64_t n_wins = 0, n_wins_base = 0, n_draws = 0, n_total = 0;
  int64_t avg_length = 0;  // of the second model's answers, in characters
  std::optional<LengthControl> length_control = {};
  std::string no_length_control = {};  // why there is none
};

/// What alpaca_eval's get_winrate and get_length_controlled_winrate compute of these annotations.
LeaderboardRow leaderboard_row(const std::vector<Annotation>& annotations,
                               const std::vector<GamedRow>& gamed);

/// The best length-controlled win rate first, rows without one last, by their win rate.
void sort_leaderboard(std::vector<LeaderboardRow>& rows);
/// As alpaca_eval writes it; absent figures are empty cells.
std::string leaderboard_csv(const std::vector<LeaderboardRow>& rows);
std::string leaderboard_table(const std::vector<LeaderboardRow>& rows);

}  // namespace selfreward
