#include "recipe/judge_stopping.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/metrics.h"
#include "data/readers.h"
#include "data/verdict_rows.h"
#include "evaluate/benchmarks/judge_summary.h"
#include "evaluate/judges/round_robin.h"
#include "feedback/verdict_ranks.h"
#include "run/load_policy.h"

namespace selfreward {
namespace {

constexpr const char* kAccuracy = "eval_judge_accuracy";

std::set<std::string> prompts_of(const std::vector<RankedAnswers>& ranked) {
  std::set<std::string> prompts;
  for (const RankedAnswers& group : ranked) prompts.insert(group.prompt);
  return prompts;
}

/// Prompts whose answers the judge is trained on.
std::set<std::string> trained_prompts(const RunConfig& config, const SeedData& data) {
  std::set<std::string> prompts = prompts_of(data.ranked);
  if (config.eft.source != "verdicts") return prompts;
  for (const std::string& file : config.data.eft)
    for (const VerdictRow& row : read_verdicts(file)) prompts.insert(row.prompt);
  return prompts;
}

Filtered<RankedAnswers> read_eval_data(const RunConfig& config) {
  return config.eft.source == "verdicts" ? ranked_by_verdicts(read_verdicts(config.eft.eval_data))
                                         : read_ranked(config.eft.eval_data, config.data.languages);
}

/// One training of M1 and what its steps are worth as judges.
class JudgeValidation {
 public:
  JudgeValidation(const RunConfig& config, RunDirectory& run, const Rubric& rubric,
                  const std::vector<RankedAnswers>& held_out)
      : config_(config), run_(run), rubric_(rubric), held_out_(held_out), dir_(run.training(1).dir) {}

  JudgeLook look(int64_t step) {
    const auto judged = run_.memo<
        Judgement>(dir_ / str("judgements-", step, ".jsonl"), [&](RecordSink<Judgement>& out) {
      Policy judge = load_policy(config_.model, candidate_of(dir_, step));
      const Seed seed = root_seed(config_).child("judge_stopping");
      judge_in_form({judge, config_.generation, seed}, rubric_, judge_items(held_out_), config_.judge, out);
    });
    const auto metrics = reward_metrics(scored_answers(held_out_, judged), rubric_.max_score);
    return {step, metrics.pairwise_accuracy.value_or(0)};
  }

 private:
  const RunConfig& config_;
  RunDirectory& run_;
  const Rubric& rubric_;
  const std::vector<RankedAnswers>& held_out_;
  const fs::path dir_;
};

}  // namespace

StoppingState state_after(const std::vector<JudgeLook>& looks) {
  StoppingState state;
  double best = -1;
  for (const JudgeLook& look : looks) {
    state.take(look.step, look.accuracy > best);
    best = std::max(best, look.accuracy);
  }
  return state;
}

std::vector<JudgeLook> read_looks(const fs::path& metrics) {
  std::vector<JudgeLook> looks;
  for (const Json& json : lines_with(metrics, kAccuracy))
    looks.push_back({json.at("step"), json.at(kAccuracy)});
  return looks;
}

std::vector<RankedAnswers> judge_stopping_data(const RunConfig& config, const SeedData& data,
                                               const Rubric& rubric) {
  auto read = read_eval_data(config);
  check(!read.records.empty(), "[eft] ", config.eft.eval_data,
        " (eft.eval_data) has no prompt with answers of different ranks; left out: ", left_out_text(read));
  const bool differ = std::any_of(read.records.begin(), read.records.end(), [](const RankedAnswers& group) {
    return std::set<double>(group.ranks.begin(), group.ranks.end()).size() > 1;
  });
  check(differ, "[eft] ", config.eft.eval_data,
        " (eft.eval_data): all answers of each prompt have one rank, so no "
        "judge orders them better than another");
  const auto trained = trained_prompts(config, data), evaluated = prompts_of(data.held_out_ranked);
  for (const RankedAnswers& group : read.records) {
    check(trained.count(group.prompt) == 0, "[eft] prompt '", group.id, "' of ", config.eft.eval_data,
          " (eft.eval_data) is one that the judge is trained on; take other prompts");
    check(
        evaluated.count(group.prompt) == 0, "[eft] prompt '", group.id, "' of ", config.eft.eval_data,
        " (eft.eval_data) is one of the evaluation, which would flatter a judge that was chosen by it; take other "
        "prompts");
  }
  check_judge(rubric, config.judge, judge_items(read.records));
  if (!read.dropped.empty())
    log_line(str("data: left out of ", config.eft.eval_data, " (eft.eval_data): ", left_out_text(read)));
  return std::move(read.records);
}

void train_judge_with_early_stopping(const RunConfig& config, RunDirectory& run, const Policy& policy,
                                     const Rubric& rubric, const std::vector<RankedAnswers>& held_out,
                                     int64_t total_steps,
                                     const std::function<void(int64_t pause_at)>& train) {
  const TrainingFiles files = run.training(1);
  std::vector<JudgeLook> looks = read_looks(files.metrics());
  JudgeValidation validation(config, run, rubric, held_out);
  const StoppedTraining training{policy,
                                 files.dir,
                                 config.model.save_dtype,
                                 total_steps,
                                 config.eft.eval_steps,
                                 config.eft.early_stopping_patience,
                                 train};
  const auto is_better = [&](const StoppingState&, int64_t step) {
    looks.push_back(validation.look(step));
    MetricsLog(files.metrics()).write({{"step", step}, {kAccuracy, looks.back().accuracy}});
    log_line(str("  step ", step, ": the judge orders ", significant(100 * looks.back().accuracy, 3),
                 " % of the pairs of ", held_out.size(), " prompts right"));
    return state_after(looks).best_step == step;
  };
  const int64_t best_step = train_while_better(training, state_after(looks), is_better).best_step;
  log_line(str("  M1 is the model after step ", best_step, " of ", total_steps));
  commit_path(candidate_of(files.dir, best_step), run.model(1));
  run.forget_training_state(files);
}

}  // namespace selfreward
