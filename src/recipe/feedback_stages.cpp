// Stages of a round before its training: new prompts, candidates, judgements, pairs.
#include "feedback/candidates.h"
#include "feedback/given_prompts.h"
#include "feedback/new_prompts.h"
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

}  // namespace selfreward
