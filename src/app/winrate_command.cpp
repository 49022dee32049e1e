// evaluate winrate, alpaca, leaderboard: models against each other, and AlpacaEval's files.
#include <cstdio>

#include "app/judge_options.h"
#include "base/progress.h"
#include "recipe/model_answers.h"
#include "recipe/model_comparison.h"

namespace selfreward {
namespace {

/// How a pair of answers is judged.
struct PairwiseOptions {
  JudgeOptions judge;
  std::string rubric;
  bool weighted = false;

  void add_to(CLI::App& command) {
    judge.add_to(command);
    command
        .add_option(
            "--rubric", rubric,
            "the judge's prompt (rubrics/pairwise.yaml; rubrics/pairwise_letter.yaml with --weighted)")
        ->check(CLI::ExistingFile);
    command.add_flag(
        "--weighted", weighted,
        "preferences from the log-probabilities of an endpoint's verdict, not the verdict alone");
  }
  std::string rubric_file() const {
    return !rubric.empty() ? rubric : weighted ? "rubrics/pairwise_letter.yaml" : "rubrics/pairwise.yaml";
  }
};

constexpr int64_t kTopLogprobs = 5;

PairwiseJudging pairwise_judging(const PairwiseOptions& options, const RunConfig& config, Judge& judge) {
  check(!options.weighted || judge.is_endpoint(),
        "[evaluate] --weighted needs --endpoint: a local judge gives no probabilities of its verdict");
  PairwiseJudging judging{.name = judge.name(),
                          .chat = judge.chat(),
                          .rubric = PairwiseRubric::load(options.rubric_file()),
                          .params = {},
                          .weighted = options.weighted,
                          .inputs = judge.inputs()};
  judging.inputs["rubric"] = fingerprint(read_file(options.rubric_file()));
  judging.inputs["weighted"] = options.weighted;
  judging.params.sampling = config.judge.sampling;
  judging.params.top_logprobs = options.weighted ? kTopLogprobs : 0;
  return judging;
}

/// Made before anything is generated, so that a wrong option costs nothing.
struct PairwiseJudge {
  Judge judge;
  PairwiseJudging judging;

  PairwiseJudge(const PairwiseOptions& options, const RunConfig& config, const fs::path& out)
      : judge(options.judge, config, out / "endpoint.jsonl"),
        judging(pairwise_judging(options, config, judge)) {
    judging.params.is_last_line = [this](std::string_view line) {
      return is_verdict_line(line, judging.rubric);
    };
  }
  PairwiseJudge(const PairwiseJudge&) = delete;
  PairwiseJudge& operator=(const PairwiseJudge&) = delete;
};

bool approve(const PairwiseJudge& by, const std::vector<ModelPair>& pairs) {
  std::vector<ChatQuestion> questions;
  for (const ModelPair& pair : pairs)
    for (ChatQuestion& question : comparison_questions(by.judging.rubric, pair.answers))
      questions.push_back(std::move(question));
  return by.judge.approve(questions, by.judging.params);
}

struct WinrateOptions {
  ConfigOptions config;
  PairwiseOptions pairwise;
  std::vector<std::string> models;
  std::string instructions, category, gold, out;
};

std::vector<Instruction> instructions_of(const std::string& file, const std::string& category) {
  check(!file.empty() || category.empty(),
        "[evaluate] --category names a field of --instructions, which is missing");
  return file.empty() ? std::vector<Instruction>() : read_instructions(file, category);
}

std::vector<ModelPair> all_pairs(const RunConfig& config, const WinrateOptions& options) {
  const auto instructions = instructions_of(options.instructions, options.category);
  std::vector<ModelOutputs> models;
  for (const std::string& path : options.models) {
    models.push_back(outputs_of(config, path, instructions, options.out));
    for (size_t i = 0; i + 1 < models.size(); ++i)
      check(models[i].name != models.back().name, "[evaluate] two models are called '", models.back().name,
            "'; rename a file, a directory or a generator");
  }
  std::vector<ModelPair> pairs;
  for (size_t a = 0; a < models.size(); ++a)
    for (size_t b = a + 1; b < models.size(); ++b)
      pairs.push_back(pair_models(models[a], models[b], instructions));
  return pairs;
}

void print_unpaired(const ModelPair& pair) {
  if (pair.only_first + pair.only_second > 0)
    log_line(str("  ", pair.only_first, " instructions were answered by ", pair.first, " alone, ",
                 pair.only_second, " by ", pair.second, " alone; they are not compared"));
}

/// The figures of every pair by a judge; null after --dry-run.
Json judged_pairs(const PairwiseJudge& by, const RunConfig& config, const std::vector<ModelPair>& pairs,
                  const fs::path& out) {
  if (!approve(by, pairs)) return nullptr;
  Json found = Json::array();
  for (const ModelPair& pair : pairs) {
    const auto comparisons = judge_pair(config, pair, by.judging, out);
    found.push_back(pair_summary(pair, compared_answers(pair, comparisons, by.judging.weighted),
                                 Seed(static_cast<uint64_t>(config.seed))));
  }
  return found;
}

Json gold_pairs(const GoldScorer& gold, const RunConfig& config, const std::vector<ModelPair>& pairs) {
  Json found = Json::array();
  for (const ModelPair& pair : pairs)
    found.push_back(
        pair_summary(pair, compared_by_gold(pair, gold), Seed(static_cast<uint64_t>(config.seed))));
  return found;
}

void run_winrate(const WinrateOptions& options) {
  check(options.models.size() >= 2, "[evaluate] two models or more are wanted");
  const JudgeOptions& judge = options.pairwise.judge;
  check(judge.judge.empty() + judge.endpoint.empty() + options.gold.empty() == 2,
        "[evaluate] exactly one judge is wanted: --judge DIR, --endpoint URL or --gold FILE");
  const RunConfig config = options.config.load();
  std::optional<PairwiseJudge> by;
  std::optional<GoldScorer> gold;
  if (options.gold.empty())
    by.emplace(options.pairwise, config, options.out);
  else
    gold = GoldScorer::load(options.gold);
  const auto pairs = all_pairs(config, options);
  for (const ModelPair& pair : pairs) print_unpaired(pair);
  const Json figures = by ? judged_pairs(*by, config, pairs, options.out) : gold_pairs(*gold, config, pairs);
  if (figures.is_null()) return;
  const Json judged_by = by ? by->judging.inputs : Json{{"gold", options.gold}};
  const fs::path file = fs::path(options.out) / "winrate.json";
  write_file_atomically(file, Json{{"judge", judged_by}, {"pairs", figures}}.dump(2) + "\n");
  std::printf("%s\n%s\n", head_to_head_table(figures).c_str(), fs::absolute(file).c_str());
}

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
  const RunConfig config = options.config.load();
  const auto gamed = gamed_rows(options.difficulty);
  const PairwiseJudge by(options.pairwise, config, options.out);
  const auto instructions = instructions_of(options.instructions, "");
  const ModelOutputs model = outputs_of(config, options.model, instructions, options.out);
  const ModelOutputs reference = outputs_of(config, options.reference, instructions, options.out);
  check(model.name != reference.name, "[evaluate] model and reference are both called '", model.name,
        "'; rename a file, a directory or a generator");
  const fs::path out = options.out;
  write_outputs(out / "model_outputs.json", model);
  const ModelPair pair = pair_models(reference, model, instructions);
  print_unpaired(pair);
  if (!approve(by, {pair})) return;
  const auto annotations = annotations_of(pair, judge_pair(config, pair, by.judging, out), by.judging);
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

void add_difficulty(CLI::App& command, std::string& file) {
  command.add_option("--difficulty", file, "alpaca_eval's df_gamed.csv, for its own 805 instructions")
      ->check(CLI::ExistingFile);
}

}  // namespace

void add_winrate(CLI::App& evaluate) {
  auto options = std::make_shared<WinrateOptions>();
  CLI::App* command = evaluate.add_subcommand("winrate", "all pairs of models, judged in both orders");
  command
      ->add_option("MODELS", options->models, "checkpoints, or files of outputs (generate's, alpaca_eval's)")
      ->required();
  command
      ->add_option("--instructions", options->instructions,
                   "what checkpoints answer: {instruction} or {id, prompt} rows; setting evaluate.sampling")
      ->check(CLI::ExistingFile);
  command->add_option("--category", options->category,
                      "field of the instructions to group by (category, dataset)");
  command->add_option("--gold", options->gold, "or rules of a true score as the judge")
      ->check(CLI::ExistingFile);
  options->pairwise.add_to(*command);
  command->add_option("--out", options->out, "directory for answers, comparisons and winrate.json")
      ->required()
      ->type_name("DIR");
  options->config.add_to(*command);
  command->callback([options] { run_winrate(*options); });
}

void add_alpaca(CLI::App& evaluate) {
  auto options = std::make_shared<AlpacaOptions>();
  CLI::App* command =
      evaluate.add_subcommand("alpaca", "a model against reference outputs, in AlpacaEval's files");
  command->add_option("--model", options->model, "a checkpoint, or its model_outputs.json")->required();
  command
      ->add_option("--instructions", options->instructions, "alpaca_eval.json, or rows with an instruction")
      ->check(CLI::ExistingFile);
  command->add_option("--reference", options->reference, "outputs to compare with, or a checkpoint")
      ->required();
  add_difficulty(*command, options->difficulty);
  options->pairwise.add_to(*command);
  command
      ->add_option("--out", options->out,
                   "directory for model_outputs.json, annotations.json, leaderboard.csv")
      ->required()
      ->type_name("DIR");
  options->config.add_to(*command);
  command->callback([options] { run_alpaca(*options); });
}

void add_leaderboard(CLI::App& evaluate) {
  auto options = std::make_shared<LeaderboardOptions>();
  CLI::App* command =
      evaluate.add_subcommand("leaderboard", "AlpacaEval's figures of annotations.json files");
  command
      ->add_option("ANNOTATIONS", options->annotations,
                   "annotations.json of alpaca_eval or of evaluate alpaca")
      ->required()
      ->check(CLI::ExistingFile);
  add_difficulty(*command, options->difficulty);
  command->add_option("--out", options->out, "leaderboard.csv to write")->type_name("FILE");
  command->callback([options] { run_leaderboard(*options); });
}

}  // namespace selfreward
