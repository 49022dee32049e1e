// evaluate winrate: all pairs of models.
#include <cstdio>

#include "app/evaluate/out_directory.h"
#include "app/evaluate/pairwise_options.h"

namespace selfreward {
namespace {

struct WinrateOptions {
  ConfigOptions config;
  PairwiseOptions pairwise;
  std::vector<std::string> models;
  std::string instructions, category, gold, out;
};

std::vector<ModelPair> all_pairs(const RunConfig& config, const WinrateOptions& options) {
  const auto instructions = instructions_of(options.instructions, options.category);
  compared_names(options.models, instructions);  // before anything is generated
  std::vector<ModelOutputs> models;
  for (const std::string& path : options.models)
    models.push_back(outputs_of(config, path, instructions, {options.out, options.pairwise.overwrite}));
  std::vector<ModelPair> pairs;
  for (size_t a = 0; a < models.size(); ++a)
    for (size_t b = a + 1; b < models.size(); ++b)
      pairs.push_back(pair_models(models[a], models[b], instructions));
  return pairs;
}

/// The figures of every pair by a judge; null after --dry-run.
Json judged_pairs(const PairwiseJudge& by, const RunConfig& config, const std::vector<ModelPair>& pairs,
                  const WinrateOptions& options) {
  if (!approve(by, pairs)) return nullptr;
  Json found = Json::array();
  for (const ModelPair& pair : pairs) {
    const auto comparisons =
        judge_pair(pair, by.judging, config.generation.shard_size, {options.out, options.pairwise.overwrite});
    found.push_back(
        pair_summary(pair, compared_answers(pair, comparisons, by.judging.weighted), root_seed(config)));
  }
  return found;
}

Json gold_pairs(const GoldScorer& gold, const Seed& seed, const std::vector<ModelPair>& pairs) {
  Json found = Json::array();
  for (const ModelPair& pair : pairs) found.push_back(pair_summary(pair, compared_by_gold(pair, gold), seed));
  return found;
}

void run_winrate(const WinrateOptions& options) {
  check(options.models.size() >= 2, "[evaluate] two models or more are wanted");
  const JudgeOptions& judge = options.pairwise.judge;
  check(judge.judge.empty() + judge.endpoint.empty() + options.gold.empty() == 2,
        "[evaluate] exactly one judge is wanted: --judge DIR, --endpoint URL or --gold FILE");
  RunConfig config = options.config.load(pairwise_settings("evaluate winrate"));
  settle_date(config, options.out, options.pairwise.overwrite);
  const OutputLock lock(made_out_directory(options.out) / "");
  std::optional<PairwiseJudge> by;
  std::optional<GoldScorer> gold;
  if (options.gold.empty())
    by.emplace(options.pairwise, config, options.out);
  else
    gold = GoldScorer::load(options.gold);
  if (by)
    check_pairwise_outputs(config, by->judging, options.models,
                           instructions_of(options.instructions, options.category),
                           {options.out, options.pairwise.overwrite});
  const auto pairs = all_pairs(config, options);
  for (const ModelPair& pair : pairs) print_unpaired(pair);
  const Json figures =
      by ? judged_pairs(*by, config, pairs, options) : gold_pairs(*gold, root_seed(config), pairs);
  if (figures.is_null()) return;
  const Json judged_by = by ? by->judging.inputs : Json{{"gold", options.gold}};
  const fs::path file = fs::path(options.out) / "winrate.json";
  write_file_atomically(file, Json{{"judge", judged_by}, {"pairs", figures}}.dump(2) + "\n");
  std::printf("%s\n%s\n", head_to_head_table(figures).c_str(), fs::absolute(file).c_str());
}

}  // namespace

void add_winrate(Command evaluate) {
  auto options = std::make_shared<WinrateOptions>();
  Command command = evaluate.add_command("winrate", "all pairs of models, judged in both orders");
  command
      .add_option("MODELS", options->models, "checkpoints, or files of outputs (generate's, alpaca_eval's)")
      .required();
  command
      .add_option("--instructions", options->instructions,
                  "what checkpoints answer: {instruction} or {id, prompt} rows; setting evaluate.sampling")
      .existing_file();
  command.add_option("--category", options->category,
                     "field of the instructions to group by (category, dataset)");
  command.add_option("--gold", options->gold, "or rules of a true score as the judge").existing_file();
  options->pairwise.add_to(command);
  command.add_option("--out", options->out, "directory for answers, comparisons and winrate.json")
      .required()
      .type_name("DIR");
  options->config.add_to(command);
  command.callback([options] { run_winrate(*options); });
}

}  // namespace selfreward
