// Self-Rewarding Language Models (Yuan et al. 2024, arXiv 2401.10020), section 2:
//   M0 base;  M1 = SFT(M0, IFT + EFT);  M(t+1) = DPO(M(t), AIFT(M(t))) for t = 1, 2, ...
// Every step keeps its result in the run directory, with what it was made from, and does nothing where it is
// there: running again is resuming.
#include "recipe/self_reward_loop.h"

#include "evaluate/benchmarks/evaluation.h"
#include "recipe/monitors.h"
#include "recipe/round_summary.h"
#include "recipe/stages.h"
#include "report/report.h"
#include "run/load_policy.h"
#include "run/outputs.h"

namespace selfreward {

void self_reward_loop(const RunConfig& config, RunDirectory& run, bool overwrite) {
  const SeedData seed = read_seed_data(config);  // IFT, ranked answers, and what is held out
  const Rubric rubric = Rubric::load(config.judge.rubric);
  check_before_work(config, seed, rubric);
  take_up_run(config, run, overwrite);  // nothing that was made from other inputs
  write_seed_summary(run, seed);

  // M0 -> M1: instructions and judging, both from a little human data.
  const auto ift_and_eft = SeedExamples{seed.ift, eft_examples(config, run, seed, rubric)};
  check_replay(config, ift_and_eft);
  if (!run.has_model(1)) train_first_model(config, run, seed, rubric, ift_and_eft);
  describe_models(run, config.report_to);

  for (int64_t t = 1; t < config.last_model; ++t) {  // M(t) -> M(t+1)
    const Round round{config, run, t};
    if (run.has_model(t + 1)) {
      follow_gold_rules(round);
      continue;
    }
    Policy policy = load_policy(config.model, run.model(t));
    watch_judge(round, policy, seed, rubric);

    // 1. M(t) answers each new prompt N times and scores its own answers.
    const auto prompts = with_requirements(round, policy, rubric, new_prompts(round, policy, seed));
    watch_prompts(config.monitor, run, t, prompts, seed);
    const auto answers = candidates(round, policy, prompts);
    watch_candidates(config.monitor, run, t, answers);
    const auto scores = judgements(round, policy, rubric, prompts, answers);
    watch_judgements(config.monitor, run, t, scores);

    // 2. Best against worst answer of each prompt; ties and unjudged prompts are dropped and counted.
    const auto rewards =
        implicit_rewards(round, policy, prompts, answers);  // both where settings ask for them
    const auto earlier = anchors(round, policy, rubric, prompts);
    const RoundAnswers judged{prompts, answers, scores, rewards, earlier.answers, earlier.judgements};
    auto pairs = preference_pairs(round, judged);
    write_round_summary(round, judged, pairs);
    watch_pairs(config.monitor, run, t, pairs);
    const auto judging = pairs_of_judgements(round, policy, rubric, judged);  // where settings ask for them
    pairs.insert(pairs.end(), judging.begin(), judging.end());

    // 3. DPO: M(t) is both the starting point and the frozen reference.
    if (config.dpo.method == "positive_only") {
      const auto positives = build_positive_examples(prompts, answers, scores, rubric.max_score);
      train_next_model_on_positives(round, policy, positives.records, ift_and_eft);
    } else {
      train_next_model(round, policy, pairs, ift_and_eft);
    }
    describe_models(run, config.report_to);
  }
  if (config.evaluate.enabled) {
    evaluate_models(config, run, models_of(run, config.last_model), seed, rubric);
    watch_evaluation(config.monitor, run, config.last_model);
  }
  describe_models(run, config.report_to);
  write_report(run.root());
}

}  // namespace selfreward
