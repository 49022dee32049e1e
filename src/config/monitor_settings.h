#pragma once
// Limits of the monitors, one line each: a value beyond its limit is a warning, or ends the run where `stop`
// names it. A limit whose origin is not given is our own choice: far outside of what sound runs of the
// playground show (docs/formats.md, monitors).
#include <string>
#include <vector>

namespace selfreward {

struct MonitorSettings {
  std::vector<std::string> stop;
  double seed_likeness = 0.6, earlier_likeness = 0.6, prompt_variety = 0.3;
  double cut_off = 0.2, duplicates = 0.5, looping = 0.05;
  double judge_failures = 0.05, one_score = 0.9, score_entropy = 0.2, judge_noise = 0.8;
  double ties = 0.6, few_pairs = 0.25, length_ratio = 1.5, wrong_pairs = 0.25, gap_captured = 0.25;
  double chosen_fall = 0.25, kl = 30;
  double judge_loss = 0.05, score_drift = 0.2, length_growth = 1.5;

  template <typename Fields>
  void visit(Fields& f) {
    f("stop", stop,
      "monitors that end the run instead of warning, as [ties, kl]; the same command with another limit goes "
      "on");
    f("seed_likeness", seed_likeness,
      "new prompts: warn where their mean best ROUGE-L F against the seeds is above this (Self-Instruct "
      "drops a single prompt above 0.7)");
    f("earlier_likeness", earlier_likeness, "the same against the prompts of earlier rounds");
    f("prompt_variety", prompt_variety,
      "new prompts: warn where a smaller share of all their word 4-grams is distinct (distinct-n, Li et al. "
      "2016)");
    f("cut_off", cut_off, "answers: warn where a larger share has no end-of-turn token");
    f("duplicates", duplicates,
      "answers: warn where a larger share repeats another answer to the same prompt");
    f("looping", looping,
      "answers: warn where a larger share runs in loops: over half of its token 4-grams are repeated "
      "(seq-rep-4, Welleck et al. 2020)");
    f("judge_failures", judge_failures, "judge: warn where a larger share of its replies has no score");
    f("one_score", one_score, "judge: warn where a larger share of its scores is one and the same");
    f("score_entropy", score_entropy,
      "judge: warn where the entropy of its scores in nats is smaller; 0: never");
    f("judge_noise", judge_noise,
      "judge: warn where a larger share of the scores' variance lies between the K replies on one answer (a "
      "judge that draws scores by chance has 1)");
    f("ties", ties, "pairs: warn where a larger share of the prompts gives no pair because all scores tie");
    f("few_pairs", few_pairs, "pairs: warn where a smaller share of the prompts gives a pair");
    f("length_ratio", length_ratio,
      "pairs: warn where chosen answers are more than this many times as long as rejected ones");
    f("wrong_pairs", wrong_pairs,
      "pairs, with gold rules: of those that the true score tells apart, warn where it prefers the rejected "
      "answer in a larger share");
    f("gap_captured", gap_captured,
      "pairs, with gold rules: warn where the answers that the judge scores best and worst differ by a smaller share "
      "of what the truly best and worst do (chance: near 0)");
    f("chosen_fall", chosen_fall,
      "DPO, from 20 logged steps on: warn where logps/chosen falls by more than this share of where it began "
      "(of 8 nats at least), last tenth of the steps against the first");
    f("kl", kl,
      "DPO: warn where the answers in the pairs lost more than this many nats each against the reference, "
      "last tenth of the steps: an estimate of KL(M_t || M_t+1) on samples of M_t");
    f("judge_loss", judge_loss,
      "judge: warn where M_t orders a share of held-out ranked pairs right that is this much below M1's");
    f("score_drift", score_drift,
      "judge: warn where M_t's mean score of the held-out ranked answers moved from M1's by more than this "
      "share of the rubric's largest score");
    f("length_growth", length_growth,
      "evaluation: warn where answers are more than this many times as long as those of M1");
  }
};

}  // namespace selfreward
