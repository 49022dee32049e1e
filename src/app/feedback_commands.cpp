// prompts, generate, pairs: one stage of a round alone, from files to a file.
#include "app/feedback_options.h"
#include "base/paths.h"
#include "base/shipped_files.h"
#include "base/text_util.h"
#include "data/messages.h"
#include "data/readers.h"
#include "data/unique_ids.h"
#include "feedback/candidates.h"
#include "feedback/judging/rubric.h"
#include "feedback/judging/settings.h"
#include "feedback/new_prompts.h"
#include "feedback/pairs/preference_pairs.h"
#include "run/load_policy.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

const CommandSettings kPrompts{
    "prompts",
    {"seed", "prompts.", "generation.", "model.device", "model.dtype", "data.languages"},
    {"prompts.file", "prompts.source"}};
const CommandSettings kGenerate{
    "generate",
    {"seed", "candidates.", "generation.", "model.device", "model.dtype", "model.chat_template_"}};
const CommandSettings kPairs{"pairs", {"pairs."}, {"pairs.keep", "pairs.meta_rubric"}};

std::vector<std::string> seed_prompts(const std::vector<std::string>& files,
                                      const std::vector<std::string>& languages) {
  std::vector<std::string> seeds;
  for (const std::string& file : files)
    for (const Example& example : read_examples(file, languages).records)
      seeds.push_back(first_question(example.messages));
  return seeds;
}

void run_prompts(const FeedbackOptions& options) {
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

void run_generate(const FeedbackOptions& options) {
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

template <typename Record>
void write(const FeedbackOptions& options, const StageInputs& inputs, const Filtered<Record>& made) {
  const auto make = [&](RecordSink<Record>& out) {
    if (out.shards() == 0) out.append(made.records, made.dropped);
  };
  report_counts(options.out,
                memo<Record>(records_output(options.out, inputs), options.overwrite, make).size());
}

void run_pairs(const FeedbackOptions& options) {
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
  auto options = std::make_shared<FeedbackOptions>();
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
  auto options = std::make_shared<FeedbackOptions>();
  Command command = app.add_command("generate", "N answers to each prompt (settings candidates.*)");
  add_model(command, *options).required();
  add_prompts_file(command, *options);
  add_out(command, *options);
  options->config.add_to(command);
  command.callback([options] { run_generate(*options); });
}

void add_pairs(Command app) {
  auto options = std::make_shared<FeedbackOptions>();
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
