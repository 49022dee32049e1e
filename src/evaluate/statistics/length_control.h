#pragma once
// The length-controlled win rate of AlpacaEval 2 (Dubois et al. 2024, arXiv 2404.04475): a logistic model of
// the preference by model, difference of lengths and difficulty of the instruction; then what it predicts for
// answers of equal length.
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace selfreward {

/// A row of alpaca_eval's df_gamed.csv: two models that play with their length, and each instruction's
/// difficulty. alpaca_eval downloads the file; here it is one that the user names.
struct GamedRow {
  double preference, std_delta_len, difficulty;
  bool not_gamed;
  int64_t index;  // of the instruction in the AlpacaEval set
};
/// Columns preference, index, std_delta_len, instruction_difficulty, not_gamed_baseline by name.
std::vector<GamedRow> read_gamed(const fs::path& csv);

struct LengthControlRow {
  std::optional<double> preference;  // 0 .. 1 for the model; absent rows are predicted, not fitted
  double baseline_length = 0, length = 0;
};

struct LengthControl {
  std::string formula;  // alpaca_eval's name: length_controlled_v1 or length_controlled_minimal
  double win_rate;
  std::optional<double> standard_error;  // absent where all predictions are one, as without difficulties
  double weight_length, weight_model;
  std::optional<double> weight_difficulty;
  std::vector<double> predictions;  // of each row, at equal length
};

/// With `gamed` (row i is instruction i of the AlpacaEval set) length_controlled_v1; where it is empty
/// length_controlled_minimal, the same without difficulty and without regularisation to the gamed models.
/// `why_not` says why there is none: fewer than 10 preferences, or all differences of length equal.
std::optional<LengthControl> length_control(const std::vector<LengthControlRow>& rows,
                                            const std::vector<GamedRow>& gamed, std::string& why_not);

/// Whether the controlled rate is so far from the plain one that the fit may have failed (shares 0 .. 1): by
/// alpaca_eval's rule more than 0.1, and more than a quarter of the way to 0 or 1.
bool is_far(double win_rate, double controlled);

}  // namespace selfreward
