// Stages of the seed data: what is checked before anything is made, and the judging examples.
#include "base/in_row.h"
#include "data/contradictions.h"
#include "data/readers.h"
#include "data/unique_ids.h"
#include "data/verdict_rows.h"
#include "evaluate/benchmarks/evaluation.h"
#include "evaluate/judges/pairwise_judge.h"
#include "feedback/eft.h"
#include "feedback/given_prompts.h"
#include "feedback/judging/score_parser.h"
#include "feedback/verdicts.h"
#include "recipe/early_stopping.h"
#include "recipe/judge_stopping.h"
#include "recipe/stages.h"
#include "run/load_policy.h"
#include "run/outputs.h"

namespace selfreward {
namespace {

/// Records how EFT was built into seed/summary.json.
void write_eft_summary(const RunDirectory& run, const std::vector<RankedAnswers>& ranked,
                       const Filtered<Example>& eft) {
  Json summary = read_json(run.seed_summary());
  summary["eft"] = eft.records.size();
  summary["eft_building"] = {{"judgements", eft.records.size()}, {"dropped", eft.dropped}};
  if (!ranked.empty()) summary["eft_building"]["judged_prompts"] = ranked.size();
  write_file_atomically(run.seed_summary(), summary.dump(2) + "\n");
}

std::vector<Judgement> baseline_judgements(const RunConfig& config, RunDirectory& run, const SeedData& data,
                                           const Rubric& rubric) {
  train_baseline(config, run, data);
  return run.memo<Judgement>(baseline_judgements_output(config, run), [&](RecordSink<Judgement>& out) {
    Policy baseline = load_policy(config.model, run.sft_baseline());
    JudgeSettings settings{.kind = "self",
                           .rubric = config.judge.rubric,
                           .num_evals_to_average = 1,
                           .sampling = config.eft.sampling};
    judge_answers({baseline, config.generation, root_seed(config).child("eft")}, rubric,
                  judge_items(data.ranked), settings, out);
  });
}

std::vector<Example> agreeing_judgements(const RunConfig& config, const RunDirectory& run,
                                         const SeedData& data, const Rubric& rubric,
                                         const std::vector<Judgement>& judged) {
  auto eft =
      build_eft_examples(data.ranked, judged, rubric, config.eft, root_seed(config).child("eft_choice"));
  log_line(str("  ", eft.records.size(), " judgements agree with the ranks"));
  write_eft_summary(run, data.ranked, eft);
  return std::move(eft.records);
}

/// Checks what the judge will be asked about in the run, as far as it is known already: answers to given prompts.
void check_known_questions(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  const auto check_prompts = [&](const std::string& file, const std::vector<Prompt>& prompts) {
    std::vector<JudgeItem> items;
    for (const Prompt& prompt : prompts)
      items.push_back({prompt.id, prompt.text, 0, "", prompt.requirements});
    at_place(file, [&] { check_questions(rubric, config.judge, items); });
  };
  if (config.evaluate.enabled && !config.judge.writes_checklists())
    at_place(config.data.eval_ranked.empty() ? "data.ranked" : config.data.eval_ranked,
             [&] { check_questions(rubric, config.judge, judge_items(data.held_out_ranked)); });
  if (!config.prompts.file.empty() && config.judge.kind == "self" && !config.judge.writes_checklists())
    for (int64_t t = 1; t < config.last_model; ++t)
      check_prompts(config.prompts.file, given_prompts(config.prompts.file, config.prompts.num_prompts, t));
  if (config.dpo.eval_steps > 0 && config.dpo.eval_judge == "self")
    check_prompts(config.dpo.eval_prompts, read_prompts(config.dpo.eval_prompts));
}

/// What the form of the judge needs of the other settings.
void check_judge_form(const RunConfig& config, const Rubric& rubric) {
  check_judge(rubric, config.judge);
  if (rubric.form == JudgeForm::rubric) return;
  check(config.eft.source != "self",
        "[eft] eft.source is self, which makes judgements of whole answers, but judge.form is ",
        config.judge.form, "; set eft.source to ",
        rubric.form == JudgeForm::pairwise ? "ranks" : "verdicts, ranks", ", file or none");
  if (rubric.form == JudgeForm::pairwise) return;
  check(
      config.eft.source != "ranks" || config.judge.requirements == "rubric",
      "[eft] eft.source is ranks, but judge.requirements is ", config.judge.requirements,
      ": the rank of an answer says nothing about a single requirement of its prompt; set judge.requirements to "
      "rubric, the general list in judge.rubric, or eft.source to verdicts");
  const bool asks_model = config.judge.kind == "self" && config.last_model > 1;
  check(
      !asks_model || !config.prompts.file.empty() || config.judge.requirements != "prompts",
      "[judge] judge.requirements is prompts, but new prompts that a model writes have no requirements; name "
      "a file of prompts that have them in prompts.file, or set judge.requirements to rubric, M0 or self");
}

/// Those of data.eft together, with what was left out of them.
template <typename Record, typename Read>
Filtered<Record> read_eft(const std::vector<std::string>& files, const Read& read) {
  Filtered<Record> all;
  for (const std::string& file : files) {
    Filtered<Record> part = read(file);
    add_left_out(all, part);
    std::move(part.records.begin(), part.records.end(), std::back_inserter(all.records));
  }
  check_unique_ids(all.records, "data.eft");
  return all;
}

Filtered<Example> eft_from_verdicts(const RunConfig& config, const Rubric& rubric) {
  auto verdicts = read_eft<VerdictRow>(config.data.eft, [](const std::string& file) {
    return Filtered<VerdictRow>{read_verdicts(file), {}};
  });
  const auto agreeing = without_contradictions(std::move(verdicts.records));
  auto chosen = balanced_verdicts(agreeing.records, config.eft, root_seed(config).child("eft_choice"));
  add_left_out(chosen, agreeing);
  return {verdict_examples(chosen.records, rubric), chosen.dropped, chosen.places};
}

Filtered<Example> eft_from_examples(const RunConfig& config) {
  auto read = read_eft<Example>(
      config.data.eft, [&](const std::string& file) { return read_examples(file, config.data.languages); });
  auto chosen = eft_at_most(std::move(read.records), config.eft, root_seed(config).child("eft_choice"));
  add_left_out(chosen, read);
  return chosen;
}

/// What is made without a model can be looked at before anything is.
void check_eft_examples(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  const auto eft = eft_without_model(config, data, rubric);
  check(!eft.records.empty(), "[eft] eft.source is ", config.eft.source, ", but ",
        config.eft.source == "ranks" ? "data.ranked" : "data.eft", " gives no example",
        eft.dropped.empty() ? "" : "; left out: " + left_out_text(eft),
        "; set eft.source to none to train without");
  if (config.eft.source != "file" || rubric.form == JudgeForm::pairwise) return;
  if (const int64_t without = check_eft_scores(eft.records, rubric, config.judge.rubric); without > 0)
    log_line(str("data: warning: ", without, " of ", eft.records.size(),
                 " judging examples (data.eft) end without a score under judge.rubric"));
}

void check_eft_source(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  if (config.eft.source == "ranks" && rubric.form == JudgeForm::rubric)
    check_score_line(rubric, config.judge.rubric);
  if (config.eft.source == "ranks" && rubric.form == JudgeForm::pairwise)
    check(parse_verdict(rubric.verdict_line_of(true), PairwiseRubric::of(rubric)) == Verdict::first, "[eft] ",
          config.judge.rubric, ": verdict_line '", rubric.verdict_line,
          "' with A in it is not read as A by verdict_pattern; a judge would learn what nobody can read");
  check(config.eft.source != "self" || !data.ranked.empty(),
        "[eft] eft.source is self, but data.ranked has no ranked answers left for training; set "
        "data.ranked, or eft.source to none");
  if (config.eft.source != "self" && config.eft.source != "none") check_eft_examples(config, data, rubric);
}

}  // namespace

void check_before_work(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  check_judge_form(config, rubric);
  check_known_questions(config, data, rubric);
  check_eft_source(config, data, rubric);
  if (config.eft.eval_steps > 0) judge_stopping_data(config, data, rubric);
  if (config.evaluate.enabled) check_evaluation(config, data);
  check_early_stopping(config, data);
  if (config.dpo.method == "positive_only" && config.last_model > 1)
    log_line("data: dpo.method is positive_only: dpo.beta, dpo.rpo_alpha and dpo.replay_* are not read");
  check(config.pairs.margin <= rubric.max_score - rubric.min_score, "[config] pairs.margin is ",
        config.pairs.margin, ", but scores of ", config.judge.rubric, " differ by ",
        rubric.max_score - rubric.min_score, " at most: no pair would be left");
  if (!config.pairs.meta_rubric.empty()) PairwiseRubric::load(config.pairs.meta_rubric);
  if (config.judge.kind == "gold") GoldScorer::load(config.data.gold);
  check_policy(config.model, config.model.model_name_or_path);
  check_judge_tokens(chat_format_of(config.model.model_name_or_path).tokenizer(), rubric, config.judge);
  const bool has_writer = config.prompts.file.empty() && config.last_model > 1 &&
                          config.prompts.source != "self" && config.prompts.source != "M0";
  if (has_writer) check_policy(config.model, config.prompts.source);
}

Filtered<Example> eft_without_model(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  if (config.eft.source == "ranks")
    return eft_from_ranks(data.ranked, rubric, config.eft, root_seed(config).child("eft_choice"));
  if (config.eft.source == "none") return {};
  return config.eft.source == "verdicts" ? eft_from_verdicts(config, rubric) : eft_from_examples(config);
}

std::vector<Example> eft_examples(const RunConfig& config, RunDirectory& run, const SeedData& data,
                                  const Rubric& rubric) {
  std::vector<Judgement> judged;  // before the examples, among whose inputs they are
  if (config.eft.source == "self" && !fs::exists(run.seed_records("eft")))
    judged = baseline_judgements(config, run, data, rubric);
  return run.memo<Example>(eft_output(config, run), [&](RecordSink<Example>& out) {
    if (out.shards() > 0 || config.eft.source == "none") return;
    if (config.eft.source == "self")
      return out.append(agreeing_judgements(config, run, data, rubric, judged));
    const auto eft = eft_without_model(config, data, rubric);
    write_eft_summary(run, config.eft.source == "ranks" ? data.ranked : std::vector<RankedAnswers>(), eft);
    log_line(str("  ", eft.records.size(),
                 " judging examples; left out: ", eft.dropped.empty() ? "nothing" : left_out_text(eft)));
    out.append(eft.records, eft.dropped);
  });
}

}  // namespace selfreward
