#include "evaluate/benchmarks/evaluation.h"

#include <array>
#include <set>

#include "evaluate/benchmarks/judge_summary.h"
#include "evaluate/benchmarks/verdict_kinds.h"
#include "evaluate/judges/round_robin.h"
#include "evaluate/statistics/paired_statistics.h"
#include "feedback/candidates.h"
#include "feedback/written_checklists.h"
#include "gold/scorer.h"
#include "run/load_policy.h"
#include "run/outputs.h"

namespace selfreward {
namespace {

/// One model's answers and judgements on the held-out data.
struct ModelRecords {
  std::string name;
  std::vector<Candidate> sampled, greedy;
  std::vector<Judgement> judgements;
};

/// The weights are read when they are asked for, once.
EvaluatedModel read_when_needed(const ModelSettings& settings, const NamedModel& model) {
  const auto policy = std::make_shared<std::optional<Policy>>();
  return {model, [settings, dir = model.dir, policy]() -> Policy& {
            if (!*policy) policy->emplace(load_policy(settings, dir));
            return **policy;
          }};
}

std::vector<Candidate> answers_of(const RunConfig& config, RunDirectory& run, const EvaluatedModel& model,
                                  const std::vector<Prompt>& prompts, bool greedy) {
  CandidateSettings settings{/*num_generations=*/1, config.evaluate.sampling};
  if (greedy) settings.sampling.temperature = 0;
  const Seed seed = evaluation_seed(config).child("answers");
  return run.memo<Candidate>(
      evaluated_answers_output(config, run, model.named, greedy), [&](RecordSink<Candidate>& out) {
        generate_candidates({model.policy(), config.generation, seed}, prompts, settings, out);
      });
}

ModelRecords collect_records(const RunConfig& config, RunDirectory& run, const NamedModel& named,
                             const SeedData& data, const Rubric& rubric) {
  ModelRecords records{named.name, {}, {}, {}};
  const EvaluatedModel model = read_when_needed(config.model, named);
  records.sampled = answers_of(config, run, model, data.eval_prompts, /*greedy=*/false);
  if (config.evaluate.greedy && !config.data.gold.empty())
    records.greedy = answers_of(config, run, model, data.eval_prompts, /*greedy=*/true);
  records.judgements = judge_held_out(config, run, model, data.held_out_ranked, rubric);
  return records;
}

/// True scores of answers, prompt by prompt; absent where the prompt has none.
std::vector<std::optional<double>> gold_scores(const GoldScorer& gold, const std::vector<Prompt>& prompts,
                                               const std::vector<Candidate>& answers) {
  std::map<std::string, const Candidate*> by_prompt;
  for (const Candidate& answer : answers) by_prompt[answer.prompt_id] = &answer;
  std::vector<std::optional<double>> scores;
  for (const Prompt& prompt : prompts) {
    const auto found = by_prompt.find(prompt.id);
    scores.push_back(found == by_prompt.end() ? std::nullopt : gold.score(prompt.text, found->second->text));
  }
  return scores;
}

void check_gold(const GoldScorer& gold, const std::vector<Prompt>& prompts) {
  check(std::any_of(prompts.begin(), prompts.end(),
                    [&](const Prompt& prompt) { return gold.score(prompt.text, "").has_value(); }),
        "[evaluate] no evaluation prompt has a gold score; do data.gold and data.eval_prompts belong "
        "together?");
}

Json gold_summary(const std::vector<std::optional<double>>& scores, double max_score) {
  std::vector<double> known;
  double all_met = 0;
  for (const auto& score : scores)
    if (score) {
      known.push_back(*score);
      all_met += *score == max_score;
    }
  return {{"mean", value_or_null(mean_of(known))},
          {"standard_error", value_or_null(standard_error_of(known))},
          {"all_met", all_met / std::max(1.0, static_cast<double>(known.size()))},
          {"n", known.size()}};
}

/// answers.jsonl: the sampled answers with their prompts and true scores.
std::string answers_text(const ModelRecords& records, const std::vector<Prompt>& prompts,
                         const GoldScorer* gold) {
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < prompts.size(); ++i) place[prompts[i].id] = i;
  std::vector<std::optional<double>> scores(prompts.size());
  if (gold) scores = gold_scores(*gold, prompts, records.sampled);
  std::string text;
  for (const Candidate& answer : records.sampled) {
    const size_t at = place.at(answer.prompt_id);
    Json line{{"prompt_id", answer.prompt_id},
              {"prompt", prompts[at].text},
              {"text", answer.text},
              {"finish_reason", to_string(answer.finish_reason)}};
    if (scores[at]) line["gold"] = *scores[at];
    if (gold)
      if (const auto misses = gold->misses(prompts[at].text, answer.text); !misses.empty())
        line["missed"] = misses;
    text += to_line(line);
  }
  return text;
}

Json gold_summaries(const GoldScorer& gold, const std::vector<Prompt>& prompts, const ModelRecords& records,
                    bool greedy) {
  const auto summary = [&](const std::vector<Candidate>& answers) {
    return gold_summary(gold_scores(gold, prompts, answers), gold.max_score());
  };
  Json summaries{{"sampled", summary(records.sampled)}};
  if (greedy) summaries["greedy"] = summary(records.greedy);
  return summaries;
}

Json model_summary(const RunConfig& config, const ModelRecords& records, const SeedData& data,
                   const GoldScorer* gold, const Rubric& rubric) {
  Json summary{{"name", records.name}};
  if (gold) summary["gold"] = gold_summaries(*gold, data.eval_prompts, records, config.evaluate.greedy);
  if (!data.held_out_ranked.empty()) {
    Json& judge = summary["reward_model"] =
        judge_summary(data.held_out_ranked, records.judgements, rubric.max_score, evaluation_seed(config));
    Json verdicts = verdict_kinds(data.held_out_ranked, records.judgements, rubric,
                                  evaluation_seed(config).child("verdicts"));
    if (!verdicts.is_null()) judge["verdicts"] = std::move(verdicts);
  }
  double tokens = 0, stopped = 0;
  for (const Candidate& answer : records.sampled) {
    tokens += static_cast<double>(answer.token_ids.size());
    stopped += answer.finish_reason == FinishReason::stop;
  }
  const double n = std::max(1.0, static_cast<double>(records.sampled.size()));
  summary["answer_tokens_mean"] = tokens / n;
  summary["stopped_share"] = stopped / n;
  return summary;
}

Json match_summary(const std::string& a, const std::string& b, const char* by, const WinRate& rate) {
  const double n = std::max<double>(1, static_cast<double>(rate.compared()));
  return {{"a", a},
          {"b", b},
          {"by", by},
          {"win", static_cast<double>(rate.wins) / n},
          {"tie", static_cast<double>(rate.ties) / n},
          {"lose", static_cast<double>(rate.losses) / n},
          {"standard_error", value_or_null(rate.standard_error())},
          {"n", rate.compared()},
          {"missing", rate.missing}};
}

Json gold_match(const GoldScorer& gold, const std::vector<Prompt>& prompts, const ModelRecords& a,
                const ModelRecords& b) {
  const auto first = gold_scores(gold, prompts, a.sampled), second = gold_scores(gold, prompts, b.sampled);
  std::vector<std::pair<std::optional<double>, std::optional<double>>> scores;
  for (size_t i = 0; i < first.size(); ++i) scores.emplace_back(first[i], second[i]);
  return match_summary(a.name, b.name, "gold", win_rate(scores));
}

/// The answers to prompts that both models have answered.
std::vector<AnswerPair> answer_pairs(const std::vector<Prompt>& prompts, const ModelRecords& a,
                                     const ModelRecords& b) {
  std::map<std::string, std::pair<const Candidate*, const Candidate*>> answers;
  for (const Candidate& answer : a.sampled) answers[answer.prompt_id].first = &answer;
  for (const Candidate& answer : b.sampled) answers[answer.prompt_id].second = &answer;
  std::vector<AnswerPair> pairs;
  for (const Prompt& prompt : prompts)
    if (const auto& [first, second] = answers[prompt.id]; first && second)
      pairs.push_back({prompt.id, prompt.text, first->text, second->text});
  return pairs;
}

Json judged_match(const RunConfig& config, RunDirectory& run, const EvaluatedModel& judge,
                  const std::array<std::string, 2>& names, const std::vector<AnswerPair>& pairs) {
  const auto& [a, b] = names;
  const Seed seed = evaluation_seed(config).child("pairwise", a + "_vs_" + b);
  const Output output = pairwise_output(config, run, judge.named, a, b);
  const auto judged = run.memo<Comparison>(output, [&](RecordSink<Comparison>& out) {
    compare_answers({judge.policy(), config.generation, seed},
                    PairwiseRubric::load(config.evaluate.pairwise_rubric), pairs, config.judge.sampling, out);
  });
  std::vector<BothOrders> verdicts;
  for (const Comparison& comparison : judged) verdicts.push_back(verdicts_of(comparison));
  return match_summary(a, b, "judge", win_rate(verdicts));
}

/// The held-out answers whose prompts a checklist can ask about: where a model writes requirements, by M0's lists,
/// whoever judges, so that all models are asked the same.
std::vector<RankedAnswers> listed(const RunConfig& config, RunDirectory& run,
                                  const std::vector<RankedAnswers>& held_out, const Rubric& rubric) {
  if (!config.judge.writes_checklists()) return held_out;
  std::vector<Prompt> prompts;
  for (const RankedAnswers& group : held_out)
    prompts.push_back({group.id, group.prompt, "held_out", group.requirements});
  const auto lists = run.memo<WrittenChecklist>(
      held_out_checklists_output(config, run), [&](RecordSink<WrittenChecklist>& out) {
        Policy first = load_policy(config.model, run.model(0));
        write_checklists({first, config.generation, evaluation_seed(config)}, rubric,
                         without_requirements(prompts), config.judge, out);
      });
  std::map<std::string, Json> requirements;
  for (Prompt& prompt : with_checklists(prompts, lists).records)
    requirements[prompt.id] = std::move(prompt.requirements);
  std::vector<RankedAnswers> groups = held_out;
  for (RankedAnswers& group : groups) group.requirements = requirements[group.id];
  std::erase_if(groups, [](const RankedAnswers& group) { return group.requirements.is_null(); });
  return groups;
}

}  // namespace

std::vector<Judgement> judge_held_out(const RunConfig& config, RunDirectory& run, const EvaluatedModel& model,
                                      const std::vector<RankedAnswers>& held_out, const Rubric& rubric) {
  if (held_out.empty()) return {};
  const auto asked = listed(config, run, held_out, rubric);
  const Output output = held_out_judgements_output(config, run, model.named);
  auto judgements = run.memo<Judgement>(output, [&](RecordSink<Judgement>& out) {
    judge_in_form({model.policy(), config.generation, evaluation_seed(config).child("judge")}, rubric,
                  judge_items(asked), config.judge, out);
  });
  // An earlier version may have judged rows that are left out today: every model is measured on the same ones.
  std::set<std::string> known;
  for (const RankedAnswers& group : held_out) known.insert(group.id);
  std::erase_if(judgements, [&](const Judgement& judgement) { return !known.contains(judgement.prompt_id); });
  return judgements;
}

void check_evaluation(const RunConfig& config, const SeedData& data) {
  check(!data.eval_prompts.empty(),
        "[evaluate] there is nothing to evaluate on: set data.eval_prompts or data.eval_ranked, or "
        "raise data.held_out_share");
  if (!config.data.gold.empty()) check_gold(GoldScorer::load(config.data.gold), data.eval_prompts);
  if (!config.evaluate.pairwise_rubric.empty()) PairwiseRubric::load(config.evaluate.pairwise_rubric);
}

void check_evaluated_judges(const JudgeSettings& judge, const SeedData& data,
                            const std::vector<NamedModel>& models, const Rubric& rubric) {
  if (data.held_out_ranked.empty()) return;
  check_judge(rubric, judge, judge_items(data.held_out_ranked));
  for (const NamedModel& model : models)
    check_judge_tokens(chat_format_of(model.dir).tokenizer(), rubric, judge);
}

void evaluate_models(const RunConfig& config, RunDirectory& run, const std::vector<NamedModel>& named,
                     const SeedData& data, const Rubric& rubric) {
  check_evaluation(config, data);
  std::optional<GoldScorer> gold;
  if (!config.data.gold.empty()) gold = GoldScorer::load(config.data.gold);
  std::vector<ModelRecords> models;
  Json summary{{"models", Json::array()}, {"max_score", rubric.max_score}};
  for (const NamedModel& model : named) {
    models.push_back(collect_records(config, run, model, data, rubric));
    const GoldScorer* scorer = gold ? &*gold : nullptr;
    write_file_atomically(run.evaluation_records(model.name, "answers"),
                          answers_text(models.back(), data.eval_prompts, scorer));
    summary["models"].push_back(model_summary(config, models.back(), data, scorer, rubric));
  }
  if (!data.held_out_ranked.empty())
    summary["null_judges"] = null_judges(data.held_out_ranked, rubric.max_score, evaluation_seed(config));
  summary["head_to_head"] = Json::array();
  const EvaluatedModel judge = read_when_needed(config.model, named.back());
  for (size_t a = models.size(); a-- > 1;)
    for (size_t b = a; b-- > 0;) {
      if (gold) summary["head_to_head"].push_back(gold_match(*gold, data.eval_prompts, models[a], models[b]));
      if (!config.evaluate.pairwise_rubric.empty())
        summary["head_to_head"].push_back(
            judged_match(config, run, judge, {models[a].name, models[b].name},
                         answer_pairs(data.eval_prompts, models[a], models[b])));
    }
  write_file_atomically(run.evaluation_summary(), summary.dump(2) + "\n");
}

}  // namespace selfreward
