#include "recipe/stages.h"

#include "data/readers.h"
#include "evaluate/benchmarks/evaluation.h"
#include "feedback/candidates.h"
#include "feedback/eft.h"
#include "feedback/given_prompts.h"
#include "feedback/new_prompts.h"
#include "feedback/score_parser.h"
#include "recipe/early_stopping.h"
#include "recipe/monitors.h"
#include "report/model_card.h"
#include "report/tensorboard.h"
#include "run/load_policy.h"
#include "run/outputs.h"
#include "train/dpo.h"
#include "train/steps.h"

namespace selfreward {
namespace {

/// SFT of `policy` in `round` into `output`; the state of a stopped training is taken
/// up, and removed at the end.
void train_and_save(const Round& round, Policy& policy, const std::vector<Example>& examples,
                    const TrainSettings& settings, const Output& output) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const std::string& name = output.name;
  run.take_up(output);
  const SftRows rows = make_sft_rows(policy.chat(), examples, settings.max_length, train_on(config.sft));
  if (rows.too_long + rows.untrained > 0)
    log_line("  rows: " + left_out_text(rows, str("max_length = ", settings.max_length)));
  const TrainingFiles files = watched_training(round, name);
  begin_training(config.lora, root_seed(config), policy);
  train_sft(policy.model(), rows.rows, settings,
            {root_seed(config).child("train", name), files, name + " SFT"});
  watch_trained(round, name);
  policy.save(output.paths.front(), config.model.save_dtype);
  run.forget_training_state(files);
}

void train_baseline(const RunConfig& config, RunDirectory& run, const SeedData& data) {
  if (is_checkpoint(run.sft_baseline())) return;
  log_line("sft_baseline: SFT of M0 on IFT alone");
  TrainSettings settings = config.sft;
  if (config.eft.baseline_max_steps > 0) settings.max_steps = config.eft.baseline_max_steps;
  Policy policy = load_policy(config.model, run.model(0));
  train_and_save({config, run, 0}, policy, data.ift, settings, baseline_output(config, run));
}

/// Records how EFT was built into seed/summary.json.
void write_eft_summary(const RunDirectory& run, const std::vector<RankedAnswers>& ranked,
                       const Filtered<Example>& eft) {
  Json summary = read_json(run.seed_summary());
  summary["eft"] = eft.records.size();
  summary["eft_building"] = {
      {"judged_prompts", ranked.size()}, {"judgements", eft.records.size()}, {"dropped", eft.dropped}};
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

std::vector<SftRow> replay_rows(const ChatFormat& chat, const std::vector<Example>& examples,
                                const RunConfig& config) {
  if (config.dpo.replay_batch_size == 0) return {};
  SftRows made = make_sft_rows(chat, examples, config.dpo.train.max_length, train_on(config.sft));
  if (made.too_long + made.untrained > 0)
    log_line("  examples to replay: " + left_out_text(made, "dpo.train.max_length"));
  return std::move(made.rows);
}

void check_eft_source(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  if (config.eft.source == "ranks") check_score_line(rubric, config.judge.rubric);
  if (config.eft.source == "file") {
    const auto eft = eft_without_model(config, data, rubric).records;
    if (const int64_t without = check_eft_scores(eft, rubric, config.judge.rubric); without > 0)
      log_line(str("data: warning: ", without, " of ", eft.size(),
                   " judging examples (data.eft) end without a score under judge.rubric"));
  }
  check(config.eft.source != "self" || !data.ranked.empty(),
        "[eft] eft.source is self, but data.ranked has no ranked answers left for training; set "
        "data.ranked, or eft.source to none");
}

}  // namespace

void check_before_work(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  check_eft_source(config, data, rubric);
  if (config.evaluate.enabled) check_evaluation(config, data);
  check_early_stopping(config, data);
  if (config.judge.kind == "gold") GoldScorer::load(config.data.gold);
  check_policy(config.model, config.model.model_name_or_path);
  const bool has_writer = config.prompts.file.empty() && config.last_model > 1 &&
                          config.prompts.source != "self" && config.prompts.source != "M0";
  if (has_writer) check_policy(config.model, config.prompts.source);
}

Filtered<Example> eft_without_model(const RunConfig& config, const SeedData& data, const Rubric& rubric) {
  if (config.eft.source == "ranks")
    return eft_from_ranks(data.ranked, rubric, config.eft, root_seed(config).child("eft_choice"));
  Filtered<Example> eft;
  if (config.eft.source == "none") return eft;
  for (const std::string& file : config.data.eft) {
    Filtered<Example> part = read_examples(file, config.data.languages);
    if (!part.dropped.empty()) log_line(str("data: left out of ", file, ": ", left_out_text(part)));
    for (const auto& [reason, count] : part.dropped) eft.dropped[reason] += count;
    std::move(part.records.begin(), part.records.end(), std::back_inserter(eft.records));
  }
  return eft;
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
    if (config.eft.source == "ranks") write_eft_summary(run, data.ranked, eft);
    out.append(eft.records);
  });
}

void train_first_model(const RunConfig& config, RunDirectory& run, const std::vector<Example>& ift_and_eft) {
  log_line("M1: SFT of M0 on IFT + EFT");
  Policy policy = load_policy(config.model, run.model(0));
  train_and_save({config, run, 0}, policy, ift_and_eft, config.sft, first_model_output(config, run));
}

std::vector<Prompt> new_prompts(const Round& round, Policy& policy, const SeedData& data) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  return run.memo<Prompt>(prompts_output(config, run, t), [&](RecordSink<Prompt>& out) {
    if (!config.prompts.file.empty()) {
      if (out.shards() == 0) out.append(given_prompts(config.prompts.file, config.prompts.num_prompts, t));
      return;
    }
    PromptPool pool{data.instructions(), {}};
    for (int64_t earlier = 1; earlier < t; ++earlier)
      for (const Prompt& prompt : read_jsonl<Prompt>(run.round_records(earlier, "prompts")))
        pool.earlier.push_back(prompt.text);
    const Seed seed = root_seed(config).child("prompts", t);
    const std::string name = str("round", t);
    if (config.prompts.source == "self")
      return generate_prompts({policy, config.generation, seed}, pool, config.prompts, name, out);
    Policy writer = load_policy(
        config.model, config.prompts.source == "M0" ? run.model(0) : fs::path(config.prompts.source));
    generate_prompts({writer, config.generation, seed}, pool, config.prompts, name, out);
  });
}

std::vector<Candidate> candidates(const Round& round, Policy& policy, const std::vector<Prompt>& prompts) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  return run.memo<Candidate>(candidates_output(config, run, t), [&](RecordSink<Candidate>& out) {
    generate_candidates({policy, config.generation, root_seed(config).child("round", t)}, prompts,
                        config.candidates, out);
  });
}

std::vector<Judgement> judgements(const Round& round, Policy& policy, const Rubric& rubric,
                                  const std::vector<Prompt>& prompts, const std::vector<Candidate>& answers) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  return run.memo<Judgement>(judgements_output(config, run, t), [&](RecordSink<Judgement>& out) {
    const auto items = judge_items(prompts, answers);
    const Seed seed = root_seed(config).child("round", t);
    if (config.judge.kind == "self")
      return judge_answers({policy, config.generation, seed}, rubric, items, config.judge, out);
    std::optional<GoldScorer> gold;
    if (!config.data.gold.empty()) gold = GoldScorer::load(config.data.gold);
    judge_without_model({config.judge.kind, gold ? &*gold : nullptr, rubric.max_score, seed}, items, out);
  });
}

std::vector<PreferencePair> preference_pairs(const Round& round, const std::vector<Prompt>& prompts,
                                             const std::vector<Candidate>& answers,
                                             const std::vector<Judgement>& judged) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  return run.memo<PreferencePair>(preferences_output(config, run, t), [&](RecordSink<PreferencePair>& out) {
    if (out.shards() > 0) return;
    const auto built = build_preference_pairs(prompts, answers, judged);
    check(!built.records.empty(), "[pairs] round ", t, ": none of ", prompts.size(),
          " prompts gives a pair (dropped: ", Json(built.dropped).dump(),
          "); the judge does not tell the answers apart");
    out.append(built.records, built.dropped);
  });
}

void train_next_model(const Round& round, Policy& policy, const std::vector<PreferencePair>& pairs,
                      const std::vector<Example>& ift_and_eft) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  const std::string name = model_name(t + 1);
  log_line(str(name, ": DPO of M", t, " on ", pairs.size(), " pairs"));
  run.take_up(next_model_output(config, run, t));
  const DpoRows rows = make_dpo_rows(policy.chat(), pairs, config.dpo.train.max_length);
  if (!rows.dropped.empty()) log_line("  pairs left out: " + counts_text(rows.dropped));
  check(!rows.rows.empty(), "[dpo] round ", t,
        ": no pair is left to train on (left out: ", counts_text(rows.dropped),
        "); raise dpo.train.max_length, or look at the answers");
  const Reference reference =
      reference_log_probs(policy.model(), rows.rows, config.dpo.train.micro_batch_tokens);
  const std::vector<SftRow> replay = replay_rows(policy.chat(), ift_and_eft, config);
  const auto train = [&](int64_t pause_at) {
    TrainingFiles files = watched_training(round, name);
    files.pause_at = pause_at;
    train_dpo(policy.model(), {rows.rows, reference}, replay, config.dpo,
              {root_seed(config).child("train", name), files, name + " DPO"});
    watch_trained(round, name);
  };
  if (config.dpo.eval_steps > 0)
    return train_with_early_stopping(round, policy, num_training_steps(config.dpo.train, rows.rows.size()),
                                     train);
  train(/*pause_at=*/0);
  policy.save(run.model(t + 1), config.model.save_dtype);
  run.forget_training_state(run.training(name));
}

void train_next_model_on_positives(const Round& round, Policy& policy, const std::vector<Example>& positives,
                                   const std::vector<Example>& ift_and_eft) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  log_line(str("M", t + 1, ": SFT of M", t, " on the seeds and ", positives.size(),
               " answers with the full score"));
  std::vector<Example> examples = ift_and_eft;
  examples.insert(examples.end(), positives.begin(), positives.end());
  train_and_save(round, policy, examples, config.dpo.train, next_model_output(config, run, t));
}

void describe_models(const RunDirectory& run, const std::string& report_to) {
  write_model_cards(run);
  if (report_to == "tensorboard") write_round_events(run);
}

}  // namespace selfreward
