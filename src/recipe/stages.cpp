#include "recipe/stages.h"

#include "data/readers.h"
#include "feedback/candidates.h"
#include "feedback/eft.h"
#include "feedback/given_prompts.h"
#include "feedback/new_prompts.h"
#include "recipe/early_stopping.h"
#include "recipe/model_card.h"
#include "recipe/monitors.h"
#include "recipe/tensorboard.h"
#include "train/dpo.h"

namespace selfreward {
namespace {

Seed root_seed(const RunConfig& config) {
  return Seed(static_cast<uint64_t>(config.seed));
}

/// SFT of `policy` in round t (0 before the first) into `to`; the state of a stopped training is taken up,
/// and removed at the end.
void train_and_save(const RunConfig& config, RunDirectory& run, Policy& policy,
                    const std::vector<Example>& examples, const TrainSettings& settings, int64_t t,
                    const std::string& name, const fs::path& to) {
  const SftRows rows = make_sft_rows(policy.chat(), examples, settings.max_length, train_on(config.sft));
  if (rows.too_long + rows.untrained > 0)
    log_line("  rows: " + left_out_text(rows, str("max_length = ", settings.max_length)));
  const TrainingFiles files = watched_training(config, run, t, name);
  begin_training(config, policy);
  train_sft(policy.model(), rows.rows, settings, root_seed(config).child("train", name), files,
            name + " SFT");
  watch_trained(config, run, t, name);
  policy.save(to, config.model.save_dtype);
  run.forget_training_state(files);
}

void train_baseline(const RunConfig& config, RunDirectory& run, const SeedData& data) {
  if (is_checkpoint(run.sft_baseline())) return;
  log_line("sft_baseline: SFT of M0 on IFT alone");
  TrainSettings settings = config.sft;
  if (config.eft.baseline_max_steps > 0) settings.max_steps = config.eft.baseline_max_steps;
  Policy policy = load_policy(config, run.model(0));
  train_and_save(config, run, policy, data.ift, settings, 0, "sft_baseline", run.sft_baseline());
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

std::vector<Example> judge_ranked_answers(const RunConfig& config, RunDirectory& run, const SeedData& data,
                                          const Rubric& rubric) {
  check_eft_source(config, data);
  train_baseline(config, run, data);
  const auto judged =
      run.memo<Judgement>(run.baseline_records("judgements"), [&](RecordSink<Judgement>& out) {
        Policy baseline = load_policy(config, run.sft_baseline());
        JudgeSettings settings{.kind = "self",
                               .rubric = config.judge.rubric,
                               .num_evals_to_average = 1,
                               .sampling = config.eft.sampling};
        judge_answers(baseline, rubric, judge_items(data.ranked), settings, config.generation,
                      root_seed(config).child("eft"), out);
      });
  auto eft =
      build_eft_examples(data.ranked, judged, rubric, config.eft, root_seed(config).child("eft_choice"));
  log_line(str("  ", eft.records.size(), " judgements agree with the ranks"));
  write_eft_summary(run, data.ranked, eft);
  return std::move(eft.records);
}

}  // namespace

Policy load_policy(const RunConfig& config, const fs::path& dir) {
  const ModelSettings& model = config.model;
  return Policy::load(dir, {model.device, model.dtype},
                      {model.chat_template_kwargs, model.chat_template_date});
}

void check_eft_source(const RunConfig& config, const SeedData& data) {
  check(config.eft.source != "self" || !data.ranked.empty(),
        "[eft] eft.source is self, but data.ranked has no ranked answers left for training; set "
        "data.ranked, or eft.source to none");
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

void begin_training(const RunConfig& config, Policy& policy) {
  policy.begin_training(config.lora, root_seed(config).child("lora").key());
}

std::vector<Example> eft_examples(const RunConfig& config, RunDirectory& run, const SeedData& data,
                                  const Rubric& rubric) {
  return run.memo<Example>(run.seed_records("eft"), [&](RecordSink<Example>& out) {
    if (out.shards() > 0 || config.eft.source == "none") return;
    if (config.eft.source == "self") return out.append(judge_ranked_answers(config, run, data, rubric));
    const auto eft = eft_without_model(config, data, rubric);
    if (config.eft.source == "ranks") write_eft_summary(run, data.ranked, eft);
    out.append(eft.records);
  });
}

void train_first_model(const RunConfig& config, RunDirectory& run, const std::vector<Example>& ift_and_eft) {
  log_line("M1: SFT of M0 on IFT + EFT");
  Policy policy = load_policy(config, run.model(0));
  train_and_save(config, run, policy, ift_and_eft, config.sft, 0, "M1", run.model(1));
}

std::vector<Prompt> new_prompts(const RunConfig& config, RunDirectory& run, int64_t t, Policy& policy,
                                const SeedData& data) {
  return run.memo<Prompt>(run.round_records(t, "prompts"), [&](RecordSink<Prompt>& out) {
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
      return generate_prompts(policy, pool, config.prompts, config.generation, name, seed, out);
    Policy writer =
        load_policy(config, config.prompts.source == "M0" ? run.model(0) : fs::path(config.prompts.source));
    generate_prompts(writer, pool, config.prompts, config.generation, name, seed, out);
  });
}

std::vector<Candidate> candidates(const RunConfig& config, RunDirectory& run, int64_t t, Policy& policy,
                                  const std::vector<Prompt>& prompts) {
  return run.memo<Candidate>(run.round_records(t, "candidates"), [&](RecordSink<Candidate>& out) {
    generate_candidates(policy, prompts, config.candidates, config.generation,
                        root_seed(config).child("round", t), out);
  });
}

std::vector<Judgement> judgements(const RunConfig& config, RunDirectory& run, int64_t t, Policy& policy,
                                  const Rubric& rubric, const std::vector<Prompt>& prompts,
                                  const std::vector<Candidate>& answers) {
  return run.memo<Judgement>(run.round_records(t, "judgements"), [&](RecordSink<Judgement>& out) {
    const auto items = judge_items(prompts, answers);
    const Seed seed = root_seed(config).child("round", t);
    if (config.judge.kind == "self")
      return judge_answers(policy, rubric, items, config.judge, config.generation, seed, out);
    std::optional<GoldScorer> gold;
    if (!config.data.gold.empty()) gold = GoldScorer::load(config.data.gold);
    judge_without_model(config.judge.kind, gold ? &*gold : nullptr, rubric.max_score, items, seed, out);
  });
}

std::vector<PreferencePair> preference_pairs(RunDirectory& run, int64_t t, const std::vector<Prompt>& prompts,
                                             const std::vector<Candidate>& answers,
                                             const std::vector<Judgement>& judged) {
  return run.memo<PreferencePair>(run.round_records(t, "preferences"), [&](RecordSink<PreferencePair>& out) {
    if (out.shards() > 0) return;
    const auto built = build_preference_pairs(prompts, answers, judged);
    check(!built.records.empty(), "[pairs] round ", t, ": none of ", prompts.size(),
          " prompts gives a pair (dropped: ", Json(built.dropped).dump(),
          "); the judge does not tell the answers apart");
    out.append(built.records, built.dropped);
  });
}

void train_next_model(const RunConfig& config, RunDirectory& run, int64_t t, Policy& policy,
                      const std::vector<PreferencePair>& pairs, const std::vector<Example>& ift_and_eft) {
  const std::string name = str("M", t + 1);
  log_line(str(name, ": DPO of M", t, " on ", pairs.size(), " pairs"));
  const DpoRows rows = make_dpo_rows(policy.chat(), pairs, config.dpo.train.max_length);
  if (rows.too_long > 0) log_line(str("  ", rows.too_long, " pairs are longer than max_length and left out"));
  const Reference reference =
      reference_log_probs(policy.model(), rows.rows, config.dpo.train.micro_batch_tokens);
  const SftRows seeds =
      make_sft_rows(policy.chat(), ift_and_eft, config.dpo.train.max_length, train_on(config.sft));
  const Replay replay{seeds.rows, config.dpo.replay_batch_size};
  const auto train = [&](int64_t pause_at) {
    TrainingFiles files = watched_training(config, run, t, name);
    files.pause_at = pause_at;
    train_dpo(policy.model(), rows.rows, reference, replay, config.dpo,
              root_seed(config).child("train", name), files, name + " DPO");
    watch_trained(config, run, t, name);
  };
  if (config.dpo.eval_steps > 0)
    return train_with_early_stopping(config, run, t, policy,
                                     num_training_steps(config.dpo.train, rows.rows.size()), train);
  train(/*pause_at=*/0);
  policy.save(run.model(t + 1), config.model.save_dtype);
  run.forget_training_state(run.training(name));
}

void train_next_model_on_positives(const RunConfig& config, RunDirectory& run, int64_t t, Policy& policy,
                                   const std::vector<Example>& positives,
                                   const std::vector<Example>& ift_and_eft) {
  log_line(str("M", t + 1, ": SFT of M", t, " on the seeds and ", positives.size(),
               " answers with the full score"));
  std::vector<Example> examples = ift_and_eft;
  examples.insert(examples.end(), positives.begin(), positives.end());
  train_and_save(config, run, policy, examples, config.dpo.train, t, str("M", t + 1), run.model(t + 1));
}

void describe_models(const RunConfig& config, const RunDirectory& run) {
  write_model_cards(run.root());
  if (config.report_to == "tensorboard") write_round_events(run.root());
}

}  // namespace selfreward
