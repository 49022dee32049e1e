// prompts, generate, judge, pairs: one stage of a round alone, from files to a file.
#include "app/commands.h"
#include "base/in_row.h"
#include "base/paths.h"
#include "base/shipped_files.h"
#include "base/text_util.h"
#include "data/messages.h"
#include "data/readers.h"
#include "data/unique_ids.h"
#include "evaluate/judges/round_robin.h"
#include "feedback/candidates.h"
#include "feedback/judging/judge.h"
#include "feedback/new_prompts.h"
#include "feedback/pairs/preference_pairs.h"
#include "gold/scorer.h"
#include "monitor/values.h"
#include "run/load_policy.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::string model, prompts, candidates, judgements, rubric, out;
  std::vector<std::string> seeds;
  bool positive_only = false, overwrite = false;
};

const CommandSettings kPrompts{
    "prompts",
    {"seed", "prompts.", "generation.", "model.device", "model.dtype", "data.languages"},
    {"prompts.file", "prompts.source"}};
const CommandSettings kGenerate{
    "generate",
    {"seed", "candidates.", "generation.", "model.device", "model.dtype", "model.chat_template_"}};
const CommandSettings kJudge{
    "judge",
    {"seed", "judge.", "data.gold", "generation.", "model.device", "model.dtype", "model.chat_template_"}};

const CommandSettings kPairs{"pairs", {"pairs."}, {"pairs.keep", "pairs.meta_rubric"}};

CommandOption add_model(Command command, Options& options) {
  return command.add_option("--model", options.model, "checkpoint").type_name("DIR");
}
void add_prompts_file(Command command, Options& options) {
  command.add_option("--prompts", options.prompts, "prompts: {id, prompt} rows").required().existing_file();
}
void add_candidates_file(Command command, Options& options) {
  command.add_option("--candidates", options.candidates, "what `generate` wrote").required().existing_file();
}
void add_out(Command command, Options& options) {
  command.add_option("--out", options.out, "file to write; a stopped command goes on where it ended")
      .required()
      .type_name("FILE");
  add_overwrite(command, options.overwrite);
}

void report_counts(const std::string& out, size_t records, const std::string& more = "") {
  const bool counted = fs::exists(counts_file(out));
  log_line(str("wrote ", records, " records to ", out,
               counted ? "; dropped " + read_json(counts_file(out)).dump() : "", more));
}

/// "; 3 of 8 answers have no score (replies that could not be read: no_score 5 of 24)"; empty where all have one.
std::string unscored_text(const std::vector<Judgement>& judgements) {
  const Json counts = judgement_counts(judgements);
  const auto unscored = counts.at("unscored_answers").get<int64_t>();
  if (unscored == 0) return "";
  const auto failures = counts.at("judge_failures").get<std::map<std::string, int64_t>>();
  const std::string text = str("; ", unscored, " of ", judgements.size(), " answers have no score");
  if (failures.empty()) return text;
  return str(text, " (replies that could not be read: ", counts_text(failures), " of ",
             counts.at("judge_replies").get<int64_t>(), ")");
}

/// Its settings: options that are settings under a shorter name among them, and the day on which the output
/// was begun.
RunConfig config_of(const Options& options, const CommandSettings& command) {
  ConfigOptions all = options.config;
  if (!options.rubric.empty())
    all.overrides.push_back(all.as_setting("--rubric", "judge.rubric", options.rubric));
  RunConfig config = all.load(command);
  settle_date(config, inputs_file(options.out), options.overwrite);
  return config;
}

/// The settings of a command, and the output that it makes of them and of what it adds.
StageInputs inputs_of(const RunConfig& config, const CommandSettings& command) {
  return StageInputs(config).settings(command.reads);
}

std::vector<std::string> seed_prompts(const std::vector<std::string>& files,
                                      const std::vector<std::string>& languages) {
  std::vector<std::string> seeds;
  for (const std::string& file : files)
    for (const Example& example : read_examples(file, languages).records)
      seeds.push_back(first_question(example.messages));
  return seeds;
}

void run_prompts(const Options& options) {
  const RunConfig config = options.config.load(kPrompts);
  check(config.prompts.file.empty(), "[config] prompts.file is ", config.prompts.file,
        ", but `prompts` writes new ones; leave it out, and give the file to `generate`");
  check_file_can_be_made(options.out);
  check_policy(config.model, options.model);
  const PromptPool pool{seed_prompts(options.seeds, config.data.languages), {}};
  StageInputs inputs = inputs_of(config, kPrompts);
  inputs.checkpoint("--model", options.model).files("--seeds", options.seeds);
  const auto make = [&](RecordSink<Prompt>& out) {
    Policy policy = load_policy(config.model, options.model);
    generate_prompts({policy, config.generation, root_seed(config)}, pool, config.prompts, "new", out);
  };
  report_counts(options.out,
                memo<Prompt>(records_output(options.out, inputs), options.overwrite, make).size());
}

void run_generate(const Options& options) {
  const RunConfig config = config_of(options, kGenerate);
  check_file_can_be_made(options.out);
  check_policy(config.model, options.model);
  const auto prompts = read_prompts(options.prompts);
  StageInputs inputs = inputs_of(config, kGenerate);
  inputs.checkpoint("--model", options.model).file("--prompts", options.prompts);
  const auto make = [&](RecordSink<Candidate>& out) {
    Policy policy = load_policy(config.model, options.model);
    generate_candidates({policy, config.generation, root_seed(config)}, prompts, config.candidates, out);
  };
  report_counts(options.out,
                memo<Candidate>(records_output(options.out, inputs), options.overwrite, make).size());
}

/// A judge that needs no model, or nothing where `kind` is self.
std::optional<GoldScorer> gold_of(const RunConfig& config) {
  if (config.judge.kind != "gold") return std::nullopt;
  check(!config.data.gold.empty(),
        "[config] judge.kind is gold, but data.gold is empty: name the file with the gold rules");
  return GoldScorer::load(config.data.gold);
}

void check_model_option(const Options& options, const RunConfig& config) {
  const bool by_model = config.judge.kind == "self";
  check(!by_model || !options.model.empty(), "[judge] --model DIR is missing: which checkpoint judges?");
  check(by_model || options.model.empty(), "[judge] judge.kind is ", config.judge.kind,
        ", which asks no model; leave out --model, or set judge.kind to self");
  std::vector<std::string> unread;
  if (config.judge.kind != "gold") unread.emplace_back("data.gold");
  if (!by_model)
    unread.insert(unread.end(), {"judge.form", "judge.read", "judge.requirements",
                                 "judge.num_evals_to_average", "judge.sampling."});
  options.config.check_read({"judge with judge.kind=" + config.judge.kind, kJudge.reads, unread});
}

void run_judge(const Options& options) {
  const RunConfig config = config_of(options, kJudge);
  check_model_option(options, config);
  check_file_can_be_made(options.out);
  const auto gold = gold_of(config);
  const Rubric rubric = Rubric::load(config.judge.rubric);
  const auto items = judge_items(read_prompts(options.prompts), read_jsonl<Candidate>(options.candidates));
  check(!items.empty(), "[judge] ", options.candidates, " (--candidates) has no answers");
  StageInputs inputs = inputs_of(config, kJudge);
  inputs.file("--prompts", options.prompts)
      .file("--candidates", options.candidates)
      .file("judge.rubric", config.judge.rubric);
  if (gold) inputs.gold(config.data.gold);
  if (!options.model.empty()) {
    check_judge(rubric, config.judge);
    at_place(options.prompts, [&] { check_questions(rubric, config.judge, items); });
    check_policy(config.model, options.model);
    check_judge_tokens(chat_format_of(options.model).tokenizer(), rubric, config.judge);
    inputs.checkpoint("--model", options.model);
  }
  const auto make = [&](RecordSink<Judgement>& out) {
    if (options.model.empty())
      return judge_without_model(
          {config.judge.kind, gold ? &*gold : nullptr, rubric.max_score, root_seed(config)}, items, out);
    Policy policy = load_policy(config.model, options.model);
    judge_in_form({policy, config.generation, root_seed(config)}, rubric, items, config.judge, out);
  };
  const auto judged = memo<Judgement>(records_output(options.out, inputs), options.overwrite, make);
  report_counts(options.out, judged.size(), unscored_text(judged));
}

template <typename Record>
void write(const Options& options, const StageInputs& inputs, const Filtered<Record>& made) {
  const auto make = [&](RecordSink<Record>& out) {
    if (out.shards() == 0) out.append(made.records, made.dropped);
  };
  report_counts(options.out,
                memo<Record>(records_output(options.out, inputs), options.overwrite, make).size());
}

void run_pairs(const Options& options) {
  const RunConfig config = options.config.load(kPairs);
  check(config.pairs.choose != "anchored",
        "[pairs] pairs.choose anchored works in `run` alone, which has an earlier model; set another choice");
  check_file_can_be_made(options.out);
  const auto prompts = read_prompts(options.prompts);
  const auto candidates = read_jsonl<Candidate>(options.candidates);
  const auto judgements = read_jsonl<Judgement>(options.judgements);
  StageInputs inputs{config};
  if (!options.positive_only) inputs.settings(kPairs.reads);
  inputs.file("--prompts", options.prompts)
      .file("--candidates", options.candidates)
      .file("--judgements", options.judgements)
      .value("--positive-only", options.positive_only);
  if (!options.positive_only) {
    check(options.rubric.empty(), "[pairs] --rubric is read with --positive-only alone; leave it out");
    return write(options, inputs, build_preference_pairs({prompts, candidates, judgements}, config.pairs));
  }
  check(options.config.overrides.empty(), "[pairs] --set ", joined(options.config.overrides, ", "),
        " has no effect with --positive-only, which makes no pairs; leave it out");
  const std::string rubric = options.rubric.empty() ? or_shipped(JudgeSettings{}.rubric) : options.rubric;
  write(options, inputs.file("--rubric", rubric),
        build_positive_examples(prompts, candidates, judgements, Rubric::load(rubric).max_score));
}

}  // namespace

void add_prompts(Command app) {
  auto options = std::make_shared<Options>();
  Command command =
      app.add_command("prompts", "new prompts by few-shot from seed instructions (settings prompts.*)");
  add_model(command, *options).required();
  command.add_option("--seeds", options->seeds, "instruction data whose prompts are shown")
      .required()
      .existing_path();
  add_out(command, *options);
  options->config.add_to(command);
  command.callback([options] { run_prompts(*options); });
}

void add_generate(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command("generate", "N answers to each prompt (settings candidates.*)");
  add_model(command, *options).required();
  add_prompts_file(command, *options);
  add_out(command, *options);
  options->config.add_to(command);
  command.callback([options] { run_generate(*options); });
}

void add_judge(Command app) {
  auto options = std::make_shared<Options>();
  Command command =
      app.add_command("judge", "judgements of each candidate by a rubric or a checklist (settings judge.*)");
  add_model(command, *options);
  add_prompts_file(command, *options);
  add_candidates_file(command, *options);
  command.add_option("--rubric", options->rubric, "the judge's prompt (setting judge.rubric)")
      .existing_or_shipped("rubrics");
  add_out(command, *options);
  options->config.add_to(command);
  command.callback([options] { run_judge(*options); });
}

void add_pairs(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command(
      "pairs", "preference pairs: best against worst answer of each prompt (settings pairs.*)");
  add_prompts_file(command, *options);
  add_candidates_file(command, *options);
  command.add_option("--judgements", options->judgements, "what `judge` wrote").required().existing_file();
  command.add_flag("--positive-only", options->positive_only,
                   "instead: SFT examples of the answers with the full score");
  command.add_option("--rubric", options->rubric, "with --positive-only: the rubric, for its maximum")
      .existing_or_shipped("rubrics");
  add_out(command, *options);
  options->config.add_to(command);
  command.callback([options] { run_pairs(*options); });
}

}  // namespace selfreward
