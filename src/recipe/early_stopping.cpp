#include "recipe/early_stopping.h"

#include <set>

#include "base/metrics.h"
#include "data/unique_ids.h"
#include "evaluate/judges/round_robin.h"
#include "feedback/candidates.h"
#include "recipe/round_summary.h"
#include "run/load_policy.h"

namespace selfreward {
namespace {

Json to_json(const StepComparison& comparison) {
  const WinRate& rate = comparison.rate;
  return {{"step", comparison.step},
          {"eval_win_rate", *rate.rate()},
          {"eval_wins", rate.wins},
          {"eval_ties", rate.ties},
          {"eval_losses", rate.losses},
          {"eval_missing", rate.missing},
          {"eval_against", comparison.against}};
}

/// The comparisons of one training. Step 0 stands for M_t.
class Validation {
 public:
  explicit Validation(const Round& round)
      : config_(round.config),
        run_(round.run),
        t_(round.t),
        dir_(run_.training(t_ + 1).dir),
        seed_(root_seed(config_).child("validation", t_)),
        prompts_(read_prompts(config_.dpo.eval_prompts)) {}
  Validation(const Validation&) = delete;
  Validation& operator=(const Validation&) = delete;

  StepComparison compare(int64_t step, int64_t against) {
    StepComparison comparison{step, against, {}};
    const std::string& judge = config_.dpo.eval_judge;
    comparison.rate = judge == "gold"   ? win_rate(side_by_side(gold_scores(step), gold_scores(against)))
                      : judge == "self" ? win_rate(side_by_side(own_scores(step), own_scores(against)))
                                        : win_rate(verdicts(step, against));
    check(comparison.rate.compared() > 0, "[dpo] after step ", step, " the judge (dpo.eval_judge ", judge,
          ") told none of ", prompts_.size(), " pairs of answers apart; look at ", dir_.string(),
          ", and take another judge or set dpo.eval_steps to 0");
    return comparison;
  }

 private:
  using Scores = std::map<std::string, std::optional<double>>;  // by prompt

  fs::path file(const char* name, int64_t step) const { return dir_ / str(name, "-", step, ".jsonl"); }

  std::vector<Candidate> answers(int64_t step) {
    return run_.memo<Candidate>(file("answers", step), [&](RecordSink<Candidate>& out) {
      Policy policy = load_policy(config_.model, step == 0 ? run_.model(t_) : candidate_of(dir_, step));
      const CandidateSettings settings{/*num_generations=*/1, config_.evaluate.sampling};
      generate_candidates({policy, config_.generation, seed_.child("answers")}, prompts_, settings, out);
    });
  }

  Scores gold_scores(int64_t step) {
    const GoldScorer gold = GoldScorer::load(config_.data.gold);
    std::map<std::string, const Prompt*> by_id;
    for (const Prompt& prompt : prompts_) by_id[prompt.id] = &prompt;
    Scores scores;
    for (const Candidate& answer : answers(step))
      scores[answer.prompt_id] = gold.score(by_id.at(answer.prompt_id)->text, answer.text);
    return scores;
  }

  /// M_t's judgements by the rubric of the run.
  Scores own_scores(int64_t step) {
    const auto answered = answers(step);
    Scores scores;
    for (const Judgement& judgement :
         run_.memo<Judgement>(file("judgements", step), [&](RecordSink<Judgement>& out) {
           Policy judge = load_policy(config_.model, run_.model(t_));
           judge_in_form({judge, config_.generation, seed_.child("judge")},
                         Rubric::load(config_.judge.rubric), judge_items(prompts_, answered), config_.judge,
                         out);
         }))
      scores[judgement.prompt_id] = judgement.score;
    return scores;
  }

  std::vector<std::pair<std::optional<double>, std::optional<double>>> side_by_side(Scores ours,
                                                                                    Scores theirs) const {
    std::vector<std::pair<std::optional<double>, std::optional<double>>> pairs;
    for (const Prompt& prompt : prompts_) pairs.emplace_back(ours[prompt.id], theirs[prompt.id]);
    return pairs;
  }

  std::vector<BothOrders> verdicts(int64_t step, int64_t against) {
    std::map<std::string, std::string> ours, theirs;
    for (const Candidate& answer : answers(step)) ours[answer.prompt_id] = answer.text;
    for (const Candidate& answer : answers(against)) theirs[answer.prompt_id] = answer.text;
    std::vector<AnswerPair> pairs;
    for (const Prompt& prompt : prompts_)
      if (ours.count(prompt.id) && theirs.count(prompt.id))
        pairs.push_back({prompt.id, prompt.text, ours[prompt.id], theirs[prompt.id]});
    std::vector<BothOrders> verdicts(prompts_.size() - pairs.size());  // without answers: missing
    for (const Comparison& comparison :
         run_.memo<Comparison>(file("pairwise", step), [&](RecordSink<Comparison>& out) {
           Policy judge = load_policy(config_.model, run_.model(t_));
           compare_answers({judge, config_.generation, seed_.child("pairwise", step)},
                           PairwiseRubric::load(config_.evaluate.pairwise_rubric), pairs,
                           config_.judge.sampling, out);
         }))
      verdicts.push_back(verdicts_of(comparison));
    return verdicts;
  }

  const RunConfig& config_;
  RunDirectory& run_;
  const int64_t t_;
  const fs::path dir_;
  const Seed seed_;
  const std::vector<Prompt> prompts_;
};

/// The comparison of step's candidate, which is saved already; on the disk when this returns.
StepComparison next_comparison(Validation& validation, const StoppingState& state, int64_t step,
                               const fs::path& metrics) {
  const StepComparison comparison = validation.compare(step, state.best_step);
  MetricsLog(metrics).write(to_json(comparison));
  log_line(str("  step ", step, " against ",
               state.best_step == 0 ? "the start" : str("step ", state.best_step), ": ", comparison.rate.wins,
               " won, ", comparison.rate.ties, " tied, ", comparison.rate.losses, " lost",
               comparison.rate.missing ? str(", ", comparison.rate.missing, " without a verdict") : ""));
  if (comparison.rate.missing > comparison.rate.compared())
    log_line(
        "  warning: most comparisons have no verdict, so early stopping is blind; try another "
        "dpo.eval_judge");
  return comparison;
}

Json stopping_summary(const std::vector<StepComparison>& comparisons, int64_t total_steps) {
  const StoppingState state = state_after(comparisons);
  Json stopping = {
      {"steps", state.last_step}, {"planned_steps", total_steps}, {"best_step", state.best_step}};
  for (const StepComparison& comparison : comparisons) stopping["comparisons"].push_back(to_json(comparison));
  return stopping;
}

/// The best model under its final name. Where no step beat M_t, that is M_t again.
void keep_best(const Round& round, int64_t best_step, const fs::path& candidate) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  if (best_step > 0) return commit_path(candidate, run.model(t + 1));
  log_line(str("  no step beat M", t, " on dpo.eval_prompts: M", t + 1, " is M", t, " again"));
  load_policy(config.model, run.model(t)).save(run.model(t + 1), config.model.save_dtype);
}

}  // namespace

StoppingState state_after(const std::vector<StepComparison>& comparisons) {
  StoppingState state;
  for (const StepComparison& comparison : comparisons) state.take(comparison.step, comparison.won());
  return state;
}

std::vector<StepComparison> read_comparisons(const fs::path& metrics) {
  std::vector<StepComparison> comparisons;
  for (const Json& json : lines_with(metrics, "eval_win_rate"))
    comparisons.push_back(
        {json.at("step"),
         json.at("eval_against"),
         {json.at("eval_wins"), json.at("eval_ties"), json.at("eval_losses"), json.at("eval_missing")}});
  return comparisons;
}

void check_early_stopping(const RunConfig& config, const SeedData& data) {
  if (config.dpo.eval_steps == 0) return;
  const auto prompts = read_prompts(config.dpo.eval_prompts);
  if (config.dpo.eval_judge == "pairwise") PairwiseRubric::load(config.evaluate.pairwise_rubric);
  if (config.dpo.eval_judge == "gold") GoldScorer::load(config.data.gold);
  std::set<std::string> evaluated;
  for (const Prompt& prompt : data.eval_prompts) evaluated.insert(prompt.text);
  for (const Prompt& prompt : prompts)
    check(evaluated.count(prompt.text) == 0, "[dpo] prompt '", prompt.id, "' of ", config.dpo.eval_prompts,
          " is one of the evaluation, which would flatter a model that was chosen by it; take other prompts "
          "for dpo.eval_prompts");
}

void train_with_early_stopping(const Round& round, const Policy& policy, int64_t total_steps,
                               const std::function<void(int64_t pause_at)>& train) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  const TrainingFiles files = run.training(t + 1);
  const fs::path metrics = files.metrics();
  std::vector<StepComparison> comparisons = read_comparisons(metrics);
  Validation validation(round);
  const StoppedTraining training{policy,
                                 files.dir,
                                 config.model.save_dtype,
                                 total_steps,
                                 config.dpo.eval_steps,
                                 config.dpo.early_stopping_patience,
                                 train};
  const auto is_better = [&](const StoppingState& state, int64_t step) {
    comparisons.push_back(next_comparison(validation, state, step, metrics));
    return comparisons.back().won();
  };
  const int64_t best_step = train_while_better(training, state_after(comparisons), is_better).best_step;
  add_to_round_summary(run, t, "early_stopping", stopping_summary(comparisons, total_steps));
  keep_best(round, best_step, candidate_of(files.dir, best_step));
  run.forget_training_state(files);
}

}  // namespace selfreward
