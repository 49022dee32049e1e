// evaluate alpaca, leaderboard: AlpacaEval's files and figures.
#include <cstdio>

#include "app/evaluate/out_directory.h"
#include "app/evaluate/pairwise_options.h"

namespace selfreward {
namespace {

struct AlpacaOptions {
  ConfigOptions config;
  PairwiseOptions pairwise;
  std::string model, instructions, reference, difficulty, out;
};

std::vector<GamedRow> gamed_rows(const std::string& file) {
  return file.empty() ? std::vector<GamedRow>() : read_gamed(file);
}

void write_outputs(const fs::path& file, const ModelOutputs& outputs) {
  Json rows = Json::array();
  for (const ModelOutput& row : outputs.rows)
    rows.push_back({{"dataset", row.dataset},
                    {"instruction", row.instruction},
                    {"output", row.output},
                    {"generator", outputs.name}});
  write_file_atomically(file, rows.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void print_leaderboard(const std::vector<LeaderboardRow>& rows) {
  std::printf("%s", leaderboard_table(rows).c_str());
  for (const LeaderboardRow& row : rows) {
    if (row.length_control && row.win_rate && is_far(*row.win_rate / 100, row.length_control->win_rate))
      std::printf("%s: the length-controlled win rate is far from the plain one; its fit may have failed\n",
                  row.name.c_str());
    if (!row.length_control)
      std::printf("%s has no length-controlled win rate: %s\n", row.name.c_str(),
                  row.no_length_control.c_str());
    else if (!row.length_control->weight_difficulty)
      std::printf(
          "%s: fitted without the difficulty of instructions (alpaca_eval's length_controlled_minimal); "
          "--difficulty df_gamed.csv fits length_controlled_v1\n",
          row.name.c_str());
  }
}

void run_alpaca(const AlpacaOptions& options) {
  RunConfig config = options.config.load(pairwise_settings("evaluate alpaca"));
  settle_date(config, options.out, options.pairwise.overwrite);
  const EvaluationDir dir{made_out_directory(options.out), options.pairwise.overwrite};
  const OutputLock lock(dir.path / "");
  const auto gamed = gamed_rows(options.difficulty);
  const PairwiseJudge by(options.pairwise, config, options.out);
  const auto instructions = instructions_of(options.instructions, "");
  check_pairwise_outputs(config, by.judging, {options.reference, options.model}, instructions, dir);
  const ModelOutputs model = outputs_of(config, options.model, instructions, dir);
  const ModelOutputs reference = outputs_of(config, options.reference, instructions, dir);
  const fs::path& out = dir.path;
  write_outputs(out / "model_outputs.json", model);
  const ModelPair pair = pair_models(reference, model, instructions);
  print_unpaired(pair);
  if (!approve(by, {pair})) return;
  const auto comparisons = judge_pair(pair, by.judging, config.generation.shard_size, dir);
  const auto annotations = annotations_of(pair, comparisons, by.judging);
  write_file_atomically(out / "annotations.json",
                        Json(annotations).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  const std::vector<LeaderboardRow> rows{leaderboard_row(annotations, gamed)};
  write_file_atomically(out / "leaderboard.csv", leaderboard_csv(rows));
  print_leaderboard(rows);
}

struct LeaderboardOptions {
  std::vector<std::string> annotations;
  std::string difficulty, out;
};

void run_leaderboard(const LeaderboardOptions& options) {
  const auto gamed = gamed_rows(options.difficulty);
  std::vector<LeaderboardRow> rows;
  for (const std::string& file : options.annotations)
    rows.push_back(leaderboard_row(read_annotations(file), gamed));
  sort_leaderboard(rows);
  if (!options.out.empty()) write_file_atomically(options.out, leaderboard_csv(rows));
  print_leaderboard(rows);
}

void add_difficulty(Command command, std::string& file) {
  command.add_option("--difficulty", file, "alpaca_eval's df_gamed.csv, for its own 805 instructions")
      .existing_file();
}

}  // namespace

void add_alpaca(Command evaluate) {
  auto options = std::make_shared<AlpacaOptions>();
  Command command =
      evaluate.add_command("alpaca", "a model against reference outputs, in AlpacaEval's files");
  command.add_option("--model", options->model, "a checkpoint, or its model_outputs.json").required();
  command.add_option("--instructions", options->instructions, "alpaca_eval.json, or rows with an instruction")
      .existing_file();
  command.add_option("--reference", options->reference, "outputs to compare with, or a checkpoint")
      .required();
  add_difficulty(command, options->difficulty);
  options->pairwise.add_to(command);
  command
      .add_option("--out", options->out,
                  "directory for model_outputs.json, annotations.json, leaderboard.csv")
      .required()
      .type_name("DIR");
  options->config.add_to(command);
  command.callback([options] { run_alpaca(*options); });
}

void add_leaderboard(Command evaluate) {
  auto options = std::make_shared<LeaderboardOptions>();
  Command command = evaluate.add_command("leaderboard", "AlpacaEval's figures of annotations.json files");
  command
      .add_option("ANNOTATIONS", options->annotations,
                  "annotations.json of alpaca_eval or of evaluate alpaca")
      .required()
      .existing_file();
  add_difficulty(command, options->difficulty);
  command.add_option("--out", options->out, "leaderboard.csv to write").type_name("FILE");
  command.callback([options] { run_leaderboard(*options); });
}

}  // namespace selfreward
