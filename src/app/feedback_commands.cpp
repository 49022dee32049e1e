// prompts, generate, judge, pairs: one stage of a round alone, from files to a file.
#include "app/commands.h"
#include "data/messages.h"
#include "data/readers.h"
#include "feedback/candidates.h"
#include "feedback/new_prompts.h"
#include "recipe/stages.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::string model, prompts, candidates, judgements, rubric, out;
  std::vector<std::string> seeds;
  bool positive_only = false;
};

void add_model(CLI::App& command, Options& options) {
  command.add_option("--model", options.model, "checkpoint")->required()->type_name("DIR");
}
void add_prompts_file(CLI::App& command, Options& options) {
  command.add_option("--prompts", options.prompts, "prompts: {id, prompt} rows")
      ->required()
      ->check(CLI::ExistingFile);
}
void add_candidates_file(CLI::App& command, Options& options) {
  command.add_option("--candidates", options.candidates, "what `generate` wrote")
      ->required()
      ->check(CLI::ExistingFile);
}
void add_out(CLI::App& command, Options& options) {
  command.add_option("--out", options.out, "file to write; a stopped command goes on where it ended")
      ->required()
      ->type_name("FILE");
}

Seed seed_of(const RunConfig& config) {
  return Seed(static_cast<uint64_t>(config.seed));
}

void report_counts(const std::string& out, size_t records) {
  const bool counted = fs::exists(counts_file(out));
  log_line(str("wrote ", records, " records to ", out,
               counted ? "; dropped " + read_json(counts_file(out)).dump() : ""));
}

void run_prompts(const Options& options) {
  const RunConfig config = options.config.load();
  PromptPool pool;
  for (const std::string& file : options.seeds)
    for (const Example& example : read_examples(file, config.data.languages).records)
      pool.seeds.push_back(first_question(example.messages));
  const auto prompts = memo<Prompt>(options.out, [&](RecordSink<Prompt>& out) {
    Policy policy = load_policy(config, options.model);
    generate_prompts(policy, pool, config.prompts, config.generation, "new", seed_of(config), out);
  });
  report_counts(options.out, prompts.size());
}

void run_generate(const Options& options) {
  const RunConfig config = options.config.load();
  const auto candidates = memo<Candidate>(options.out, [&](RecordSink<Candidate>& out) {
    Policy policy = load_policy(config, options.model);
    generate_candidates(policy, read_jsonl<Prompt>(options.prompts), config.candidates, config.generation,
                        seed_of(config), out);
  });
  report_counts(options.out, candidates.size());
}

void run_judge(const Options& options) {
  const RunConfig config = options.config.load();
  const Rubric rubric = Rubric::load(options.rubric.empty() ? config.judge.rubric : options.rubric);
  const auto judgements = memo<Judgement>(options.out, [&](RecordSink<Judgement>& out) {
    Policy policy = load_policy(config, options.model);
    const auto items =
        judge_items(read_jsonl<Prompt>(options.prompts), read_jsonl<Candidate>(options.candidates));
    judge_answers(policy, rubric, items, config.judge, config.generation, seed_of(config), out);
  });
  report_counts(options.out, judgements.size());
}

template <typename Record>
void write(const std::string& out, const Filtered<Record>& made) {
  write_jsonl(out, made.records);
  if (!made.dropped.empty()) write_file_atomically(counts_file(out), Json(made.dropped).dump(2) + "\n");
  report_counts(out, made.records.size());
}

void run_pairs(const Options& options) {
  const auto prompts = read_jsonl<Prompt>(options.prompts);
  const auto candidates = read_jsonl<Candidate>(options.candidates);
  const auto judgements = read_jsonl<Judgement>(options.judgements);
  if (!options.positive_only)
    return write(options.out, build_preference_pairs(prompts, candidates, judgements));
  const Rubric rubric = Rubric::load(options.rubric.empty() ? JudgeSettings{}.rubric : options.rubric);
  write(options.out, build_positive_examples(prompts, candidates, judgements, rubric.max_score));
}

}  // namespace

void add_prompts(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("prompts", "new prompts by few-shot from seed instructions (settings prompts.*)");
  add_model(*command, *options);
  command->add_option("--seeds", options->seeds, "instruction data whose prompts are shown")
      ->required()
      ->check(CLI::ExistingPath);
  add_out(*command, *options);
  options->config.add_to(*command);
  command->callback([options] { run_prompts(*options); });
}

void add_generate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("generate", "N answers to each prompt (settings candidates.*)");
  add_model(*command, *options);
  add_prompts_file(*command, *options);
  add_out(*command, *options);
  options->config.add_to(*command);
  command->callback([options] { run_generate(*options); });
}

void add_judge(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("judge", "K judgements of each candidate by a rubric (settings judge.*)");
  add_model(*command, *options);
  add_prompts_file(*command, *options);
  add_candidates_file(*command, *options);
  command->add_option("--rubric", options->rubric, "the judge's prompt (setting judge.rubric)")
      ->check(CLI::ExistingFile);
  add_out(*command, *options);
  options->config.add_to(*command);
  command->callback([options] { run_judge(*options); });
}

void add_pairs(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("pairs", "preference pairs: best against worst answer of each prompt");
  add_prompts_file(*command, *options);
  add_candidates_file(*command, *options);
  command->add_option("--judgements", options->judgements, "what `judge` wrote")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_flag("--positive-only", options->positive_only,
                    "instead: SFT examples of the answers with the full score");
  command->add_option("--rubric", options->rubric, "with --positive-only: the rubric, for its maximum")
      ->check(CLI::ExistingFile);
  add_out(*command, *options);
  command->callback([options] { run_pairs(*options); });
}

}  // namespace selfreward
