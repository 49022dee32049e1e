// Stages of a round before its training: new prompts, candidates, judgements, pairs.
#include <algorithm>

#include "evaluate/benchmarks/implicit_reward.h"
#include "evaluate/judges/round_robin.h"
#include "feedback/candidates.h"
#include "feedback/compared_judgements.h"
#include "feedback/given_prompts.h"
#include "feedback/new_prompts.h"
#include "feedback/written_checklists.h"
#include "recipe/round_summary.h"
#include "recipe/stages.h"
#include "run/load_policy.h"
#include "run/outputs.h"

namespace selfreward {
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

std::vector<Prompt> with_requirements(const Round& round, Policy& policy, const Rubric& rubric,
                                      std::vector<Prompt> prompts) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  if (!config.judge.writes_checklists()) return prompts;
  const Output output = checklists_output(config, run, t);
  const auto lists = run.memo<WrittenChecklist>(output, [&](RecordSink<WrittenChecklist>& out) {
    const Seed seed = root_seed(config).child("round", t);
    const auto asked = without_requirements(prompts);
    if (config.judge.requirements == "self")
      return write_checklists({policy, config.generation, seed}, rubric, asked, config.judge, out);
    Policy first = load_policy(config.model, run.model(0));
    write_checklists({first, config.generation, seed}, rubric, asked, config.judge, out);
  });
  auto made = with_checklists(prompts, lists);
  if (!made.dropped.empty()) log_line("  prompts left out: " + counts_text(made.dropped));
  check(!made.records.empty(), "[judge] round ", t, ": none of ", prompts.size(),
        " prompts got a requirement; look at ", output.paths.front().string(),
        ", and at list_template of judge.rubric");
  return std::move(made.records);
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

namespace {

/// Scores of answers to the round's prompts by the judge that the settings name, as `output`.
std::vector<Judgement> judged(const Round& round, Policy& policy, const Rubric& rubric, const Output& output,
                              const std::vector<Prompt>& prompts, const std::vector<Candidate>& answers) {
  const RunConfig& config = round.config;
  return round.run.memo<Judgement>(output, [&](RecordSink<Judgement>& out) {
    const auto items = judge_items(prompts, answers);
    const Seed seed = root_seed(config).child("round", round.t);
    if (config.judge.kind == "self")
      return judge_in_form({policy, config.generation, seed}, rubric, items, config.judge, out);
    std::optional<GoldScorer> gold;
    if (!config.data.gold.empty()) gold = GoldScorer::load(config.data.gold);
    judge_without_model({config.judge.kind, gold ? &*gold : nullptr, rubric.max_score, seed}, items, out);
  });
}

}  // namespace

std::vector<Judgement> judgements(const Round& round, Policy& policy, const Rubric& rubric,
                                  const std::vector<Prompt>& prompts, const std::vector<Candidate>& answers) {
  return judged(round, policy, rubric, judgements_output(round.config, round.run, round.t), prompts, answers);
}

Anchors anchors(const Round& round, Policy& policy, const Rubric& rubric,
                const std::vector<Prompt>& prompts) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  if (config.pairs.choose != "anchored") return {};
  Anchors made;
  made.answers = run.memo<Candidate>(anchors_output(config, run, t), [&](RecordSink<Candidate>& out) {
    Policy anchor = load_policy(config.model, run.model(config.pairs.anchor == "M0" ? 0 : 1));
    generate_candidates({anchor, config.generation, root_seed(config).child("anchors", t)}, prompts,
                        config.candidates, out);
  });
  made.judgements =
      judged(round, policy, rubric, anchor_judgements_output(config, run, t), prompts, made.answers);
  return made;
}

std::vector<CandidateReward> implicit_rewards(const Round& round, const Policy& policy,
                                              const std::vector<Prompt>& prompts,
                                              const std::vector<Candidate>& answers) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  if (!needs_rewards(config)) return {};
  const Output output = rewards_output(config, run, t);
  const auto rewards = run.memo<CandidateReward>(output, [&](RecordSink<CandidateReward>& out) {
    const Policy before = load_policy(config.model, run.model(t - 1));
    candidate_rewards(policy, before, prompts, answers, config.dpo.train, config.generation.shard_size, out);
  });
  const bool moved =
      std::any_of(rewards.begin(), rewards.end(), [](const CandidateReward& r) { return r.reward() != 0; });
  check(moved, "[pairs] ", output.name, ": all implicit rewards are 0, as ", model_name(t), " is ",
        model_name(t - 1),
        " (dpo.eval_steps kept no step of its training?); set pairs.keep to all and dpo.soft_label to "
        "none or margin");
  return rewards;
}

std::vector<PreferencePair> preference_pairs(const Round& round, const RoundAnswers& answers) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  return run.memo<PreferencePair>(preferences_output(config, run, t), [&](RecordSink<PreferencePair>& out) {
    if (out.shards() > 0) return;
    const auto built = build_preference_pairs(answers, config.pairs);
    check(!built.records.empty(), "[pairs] round ", t, ": none of ", answers.prompts.size(),
          " prompts gives a pair (dropped: ", Json(built.dropped).dump(),
          "); the judge does not tell the answers apart, or the settings pairs.* leave none");
    out.append(built.records, built.dropped);
  });
}

namespace {

/// The model's comparisons of its own judgements, in the words of pairs.meta_rubric.
std::vector<Judgement> meta_judgements(const Round& round, Policy& policy,
                                       const ComparedJudgements& compared) {
  const RunConfig& config = round.config;
  const Output output = meta_judgements_output(config, round.run, round.t);
  return round.run.memo<Judgement>(output, [&](RecordSink<Judgement>& out) {
    JudgeSettings once = config.judge;
    once.form = "pairwise";
    once.read = "text";
    once.num_evals_to_average = 1;
    judge_by_comparisons({policy, config.generation, root_seed(config).child("meta_judge", round.t)},
                         Rubric::load(config.pairs.meta_rubric),
                         judge_items(compared.questions, compared.judgements), once, out);
  });
}

void log_pairs_of_judgements(const Filtered<PreferencePair>& built, const ComparedJudgements& compared,
                             const std::string& rubric) {
  log_line(str("  ", built.records.size(), " pairs of judgements; left out: ", counts_text(built.dropped)));
  if (built.records.empty() && !compared.questions.empty())
    log_line(str(
        "  warning: the model told no two of its judgements apart; do its replies have what verdict_pattern of ",
        rubric, " looks for?"));
}

}  // namespace

std::vector<PreferencePair> pairs_of_judgements(const Round& round, Policy& policy, const Rubric& rubric,
                                                const RoundAnswers& answers) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  if (config.pairs.meta_rubric.empty()) return {};
  const auto compared = judgements_to_compare(rubric, answers);
  const auto verdicts = meta_judgements(round, policy, compared);
  const auto pairs =
      run.memo<PreferencePair>(judgement_pairs_output(config, run, t), [&](RecordSink<PreferencePair>& out) {
        if (out.shards() > 0) return;
        const auto built = judgement_pairs(compared, verdicts);
        log_pairs_of_judgements(built, compared, config.pairs.meta_rubric);
        out.append(built.records, built.dropped);
      });
  add_to_round_summary(
      run, t, "judgement_pairs",
      {{"pairs", pairs.size()}, {"drops", read_counts(run.round_records(t, "judgement_pairs"))}});
  return pairs;
}

}  // namespace selfreward
