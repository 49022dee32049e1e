// judge: the judging of a round alone, from files to a file.
#include "app/feedback_options.h"
#include "base/in_row.h"
#include "base/paths.h"
#include "data/filtered.h"
#include "data/unique_ids.h"
#include "evaluate/judges/round_robin.h"
#include "feedback/judging/judge.h"
#include "gold/scorer.h"
#include "monitor/values.h"
#include "run/load_policy.h"

namespace selfreward {
namespace {

const CommandSettings kJudge{
    "judge",
    {"seed", "judge.", "data.gold", "generation.", "model.device", "model.dtype", "model.chat_template_"}};

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

/// A judge that needs no model, or nothing where `kind` is self.
std::optional<GoldScorer> gold_of(const RunConfig& config) {
  if (config.judge.kind != "gold") return std::nullopt;
  check(!config.data.gold.empty(),
        "[config] judge.kind is gold, but data.gold is empty: name the file with the gold rules");
  return GoldScorer::load(config.data.gold);
}

void check_model_option(const FeedbackOptions& options, const RunConfig& config) {
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

void run_judge(const FeedbackOptions& options) {
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

}  // namespace

void add_judge(Command app) {
  auto options = std::make_shared<FeedbackOptions>();
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

}  // namespace selfreward
