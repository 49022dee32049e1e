#include "evaluate/benchmarks/reward_evaluation.h"

#include <algorithm>

#include "base/content_hash.h"
#include "evaluate/benchmarks/implicit_reward.h"
#include "evaluate/benchmarks/verdict_kinds.h"
#include "evaluate/judges/round_robin.h"
#include "evaluate/statistics/calibration.h"
#include "evaluate/statistics/reward_bootstrap.h"
#include "feedback/judging/judge.h"
#include "run/load_policy.h"
#include "run/outputs.h"

namespace selfreward {
namespace {

constexpr const char* kReference = "reference";  // its name among the models

/// One line of the table: a judge, and its scores of all answers.
struct JudgeRow {
  std::string model, rubric, scores;
  double max_score = 0;
  std::vector<ScoredAnswers> prompts;
  Counts failures = {};     // replies without a score, by reason
  Json verdicts = nullptr;  // of a checklist: verdict_kinds
};

/// The settings of a judge whose scores are read in one way: `scores` is one of kScoreKinds.
JudgeSettings judge_settings(JudgeSettings settings, const Rubric& rubric, const fs::path& file,
                             const std::string& scores) {
  settings.rubric = file.string();
  settings.form = to_string(rubric.form);
  if (rubric.form != JudgeForm::checklist) settings.requirements = JudgeSettings().requirements;
  settings.read = scores.starts_with("expected") ? "expected" : "text";
  if (!is_sampled(scores)) settings.num_evals_to_average = 1, settings.sampling.temperature = 0;
  return settings;
}

/// Throws Error for what cannot be judged so, before anything is judged: a rubric that cannot be read or does
/// not suit the scores, answers without requirements for a checklist.
void check_judges(const RunConfig& config, const RewardEvaluation& evaluation,
                  const std::vector<RankedAnswers>& ranked) {
  for (const fs::path& file : evaluation.rubrics) {
    const Rubric rubric = Rubric::load(file);
    for (const std::string& scores : evaluation.scores) {
      const JudgeSettings settings = judge_settings(config.judge, rubric, file, scores);
      check_judge(rubric, settings, judge_items(ranked));
      for (const NamedModel& model :
           settings.read == "expected" ? evaluation.models : std::vector<NamedModel>())
        check_judge_tokens(chat_format_of(model.dir).tokenizer(), rubric, settings);
    }
  }
}

/// The files of an evaluation, with what each is made from.
class Outputs {
 public:
  Outputs(const RunConfig& config, const RunPaths& run, const std::vector<RankedAnswers>& ranked)
      : config_(config), run_(run), ranked_(content_hash(to_jsonl(ranked))) {}

  /// Replies of a judge under a rubric; `scores` is one of kScoreKinds.
  Output replies(const NamedModel& model, const fs::path& rubric, const std::string& scores) const {
    StageInputs inputs = of(model);
    inputs.settings({"judge.sampling.", "judge.requirements"}).file("rubric", rubric);
    if (is_sampled(scores)) inputs.settings({"judge.num_evals_to_average"});
    return records_output(run_.evaluation_records(model.name, rubric.stem().string() + "." + scores), inputs);
  }
  Output log_probs(const NamedModel& model) const {
    return records_output(run_.evaluation_records(model.name, "log_probs"), of(model));
  }

  std::vector<Output> all(const RewardEvaluation& evaluation) const {
    std::vector<Output> outputs;
    for (const NamedModel& model : evaluation.models) {
      for (const fs::path& rubric : evaluation.rubrics)
        for (const std::string& scores : evaluation.scores) outputs.push_back(replies(model, rubric, scores));
      if (!evaluation.reference.empty()) outputs.push_back(log_probs(model));
    }
    if (!evaluation.reference.empty()) outputs.push_back(log_probs({kReference, evaluation.reference}));
    return outputs;
  }

 private:
  StageInputs of(const NamedModel& model) const {
    StageInputs inputs = StageInputs(config_).settings(kModelSettings);
    inputs.checkpoint("model", model.dir).value("ranked answers", ranked_);
    return inputs;
  }

  const RunConfig& config_;
  const RunPaths& run_;
  const std::string ranked_;
};

/// The true scores of the answers, in order; an empty list without gold rules.
std::vector<std::optional<double>> gold_of(const fs::path& rules, const std::vector<RankedAnswers>& ranked) {
  if (rules.empty()) return {};
  const GoldScorer gold = GoldScorer::load(rules);
  std::vector<std::optional<double>> scores;
  for (const RankedAnswers& group : ranked)
    for (const std::string& answer : group.answers) scores.push_back(gold.score(group.prompt, answer));
  return scores;
}

/// Puts the true scores beside those of a judge, prompt by prompt where all answers have one.
void add_truth(const std::vector<std::optional<double>>& gold, std::vector<ScoredAnswers>& prompts) {
  size_t at = 0;
  for (ScoredAnswers& prompt : prompts) {
    for (size_t i = 0; i < prompt.ranks.size() && !gold.empty(); ++i)
      if (const auto& score = gold.at(at++)) prompt.truth.push_back(*score);
    if (prompt.truth.size() < prompt.ranks.size()) prompt.truth.clear();
  }
}

/// The scores in the shape of `ranked`; they come answer by answer, in order.
std::vector<ScoredAnswers> in_groups(const std::vector<RankedAnswers>& ranked,
                                     const std::vector<std::optional<double>>& scores) {
  std::vector<ScoredAnswers> groups;
  size_t at = 0;
  for (const RankedAnswers& group : ranked) {
    groups.push_back({{}, group.ranks});
    for (size_t i = 0; i < group.answers.size(); ++i) groups.back().scores.push_back(scores.at(at++));
  }
  return groups;
}

JudgeRow judgement_row(const std::vector<RankedAnswers>& ranked, const std::vector<Judgement>& judged) {
  JudgeRow row;
  std::vector<std::optional<double>> scores;
  for (const Judgement& judgement : judged) {
    scores.push_back(judgement.score);
    for (const JudgeReply& reply : judgement.replies)
      if (reply.failure) ++row.failures[to_string(*reply.failure)];
  }
  row.prompts = in_groups(ranked, scores);
  return row;
}

/// One checkpoint; its weights are read when something has to be made.
class Judge {
 public:
  /// `scores`: all ways in which its scores are read.
  Judge(const RunConfig& config, RunDirectory& run, const NamedModel& model,
        const std::vector<RankedAnswers>& ranked, const std::vector<std::string>& scores)
      : config_(config),
        run_(run),
        model_(model),
        ranked_(ranked),
        is_soft_too_(std::count(scores.begin(), scores.end(), "expected") > 0),
        outputs_(config, run, ranked) {}

  JudgeRow row(const fs::path& rubric_file, const std::string& scores) {
    const Rubric rubric = Rubric::load(rubric_file);
    const auto judged = judgements(rubric, rubric_file, scores);
    JudgeRow row = judgement_row(ranked_, judged);
    row.verdicts = verdict_kinds(ranked_, judged, rubric, evaluation_seed(config_).child("verdicts"));
    row.model = model_.name, row.rubric = rubric_file.stem().string(), row.scores = scores;
    row.max_score = rubric.max_score;
    return row;
  }

  std::vector<AnswerLogProb> log_probs() {
    return run_.memo<AnswerLogProb>(outputs_.log_probs(model_), [&](RecordSink<AnswerLogProb>& out) {
      answer_log_probs(policy(), ranked_, config_.dpo.train.micro_batch_tokens, config_.generation.shard_size,
                       out);
    });
  }

 private:
  Policy& policy() {
    if (!policy_) policy_.emplace(load_policy(config_.model, model_.dir));
    return *policy_;
  }

  Writer writer() { return {policy(), config_.generation, evaluation_seed(config_).child("judge")}; }

  std::vector<Judgement> judgements(const Rubric& rubric, const fs::path& rubric_file,
                                    const std::string& scores) {
    const JudgeSettings settings = judge_settings(config_.judge, rubric, rubric_file, scores);
    const bool from_soft = scores == "greedy" && is_soft_too_ && rubric.form != JudgeForm::pairwise;
    std::vector<Judgement> soft;  // of the same replies
    if (from_soft) soft = judgements(rubric, rubric_file, "expected");
    return run_.memo<Judgement>(
        outputs_.replies(model_, rubric_file, scores), [&](RecordSink<Judgement>& out) {
          if (!from_soft || out.shards() > 0)
            return judge_in_form(writer(), rubric, judge_items(ranked_), settings, out);
          const auto made = read_as_text(rubric, judge_items(ranked_), settings, std::move(soft));
          const int64_t too_long =
              std::count_if(made.begin(), made.end(), [](auto& j) { return j.replies.empty(); });
          out.append(made, too_long > 0 ? Counts{{"too_long", too_long}} : Counts());
        });
  }

  const RunConfig& config_;
  RunDirectory& run_;
  const NamedModel& model_;
  const std::vector<RankedAnswers>& ranked_;
  const bool is_soft_too_;
  Outputs outputs_;
  std::optional<Policy> policy_;
};

JudgeRow null_row(const RunConfig& config, const std::string& kind, double max_score,
                  const std::vector<RankedAnswers>& ranked) {
  std::vector<std::optional<double>> scores;
  for (const JudgeItem& item : judge_items(ranked))
    scores.push_back(score_without_model({kind, nullptr, max_score, evaluation_seed(config)}, item));
  return {kind, "", "", std::numeric_limits<double>::infinity(), in_groups(ranked, scores)};
}

std::vector<JudgeRow> all_rows(const RunConfig& config, RunDirectory& run, const RewardEvaluation& evaluation,
                               const std::vector<RankedAnswers>& ranked) {
  std::vector<JudgeRow> rows;
  std::vector<std::vector<AnswerLogProb>> log_probs;
  for (const NamedModel& model : evaluation.models) {
    Judge judge(config, run, model, ranked, evaluation.scores);
    for (const fs::path& rubric : evaluation.rubrics)
      for (const std::string& scores : evaluation.scores) rows.push_back(judge.row(rubric, scores));
    if (!evaluation.reference.empty()) log_probs.push_back(judge.log_probs());
  }
  if (!evaluation.reference.empty()) {
    const NamedModel named{kReference, evaluation.reference};
    const auto reference = Judge(config, run, named, ranked, {}).log_probs();
    for (size_t i = 0; i < log_probs.size(); ++i)
      rows.push_back({evaluation.models[i].name, "", "implicit", std::numeric_limits<double>::infinity(),
                      implicit_rewards(ranked, log_probs[i], reference, config.dpo.beta)});
  }
  for (const char* kind : {"random", "longest"}) rows.push_back(null_row(config, kind, 1, ranked));
  return rows;
}

void add_calibration(Json& line, const JudgeRow& row, const std::vector<std::optional<double>>& gold) {
  const auto answers = judged_answers(row.prompts, gold);
  line["failures"] = row.failures;
  if (!row.verdicts.is_null()) line["verdicts"] = row.verdicts;
  line["reliability"] = reliability_table(answers);
  if (const auto error = calibration_error(answers)) line["calibration_error"] = *error;
  line["confusion"] = confusion_table(answers);
}

}  // namespace

bool is_sampled(const std::string& scores) {
  return scores == "samples" || scores == "expected_samples";
}

Json evaluate_rewards(const RunConfig& config, RunDirectory& run, const RewardEvaluation& evaluation,
                      const std::vector<RankedAnswers>& ranked, bool overwrite) {
  check(!ranked.empty(),
        "[evaluate] there are no ranked answers to judge; `selfreward inspect data` shows why");
  check_judges(config, evaluation, ranked);
  check_outputs(run, Outputs(config, run, ranked).all(evaluation), overwrite);
  run.keep_settings(config);
  const auto gold = gold_of(config.data.gold, ranked);
  Json summary{{"prompts", ranked.size()}, {"bootstrap_draws", kBootstrapDraws}, {"judges", Json::array()}};
  std::vector<MetricValues> first;
  for (JudgeRow& row : all_rows(config, run, evaluation, ranked)) {
    add_truth(gold, row.prompts);
    const auto by_prompt = metrics_by_prompt(row.prompts, row.max_score);
    const auto draws = bootstrap(by_prompt, kBootstrapDraws, evaluation_seed(config).child("bootstrap"));
    if (first.empty()) first = draws;
    Json line{{"model", row.model}, {"rubric", row.rubric}, {"scores", row.scores}};
    line["metrics"] = to_json(reward_metrics(row.prompts, row.max_score));
    line["interval"] = intervals(draws);
    line["difference_to_first"] = difference_intervals(draws, first);
    if (!row.rubric.empty()) add_calibration(line, row, gold);
    summary["judges"].push_back(std::move(line));
  }
  write_file_atomically(run.reward_summary(), summary.dump(2) + "\n");
  return summary;
}

}  // namespace selfreward
