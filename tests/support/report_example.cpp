#include "support/report_example.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/seed.h"
#include "base/text_util.h"
#include "data/jsonl.h"
#include "run/paths.h"

namespace selfreward {
namespace {

constexpr int64_t kPrompts = 240, kAnswers = 4, kReplies = 3, kEvaluationPrompts = 40;
const Seed kSeed(7);

/// Near 0, between -1 and 1, at an address.
template <typename... Address>
double noise(const Address&... address) {
  const Seed seed = kSeed.child(address...);
  return seed.uniform(0) + seed.uniform(1) - 1;
}

/// A word of the playground's world: "c i d o g".
std::string word(const Seed& seed) {
  std::string text;
  for (uint64_t i = 0; i < 4 + seed.below(99, 3); ++i)
    text += str(i ? " " : "", "abcdefghijkl"[seed.below(i, 12)]);
  return text;
}

std::string request(const Seed& seed) {
  const char letter = "abcdefghijkl"[seed.below(0, 12)];
  return str("write a word : starts ", letter, " , ", 1 + seed.below(1, 3), " vowels , no repeats , ",
             4 + seed.below(2, 3), " letters , ends ", "bcdfghjkl"[seed.below(3, 9)]);
}

Judgement judge(const Candidate& candidate, int64_t t) {
  Judgement judgement{candidate.prompt_id, candidate.index, {}, std::nullopt};
  const double gold =
      std::round(3.9 + 0.15 * static_cast<double>(t) + 1.6 * noise(candidate.prompt_id, candidate.index, t));
  double sum = 0, valid = 0;
  for (int64_t k = 0; k < kReplies; ++k) {
    const double error = noise(candidate.prompt_id, candidate.index, t, k);
    const double score = std::clamp(gold + (error > 0.7 ? 1 : error < -0.7 ? -1 : 0), 0.0, 5.0);
    if (error > 0.93) {
      judgement.replies.push_back(
          {"starts c found c yes ; 2 vowels found", std::nullopt, JudgeFailure::cut_off});
      continue;
    }
    judgement.replies.push_back(
        {str("starts c found c yes ; 2 vowels found 1 no ; ends g found g yes ; Score: ", score), score,
         std::nullopt});
    sum += score;
    ++valid;
  }
  if (valid > 0) judgement.score = sum / valid;
  return judgement;
}

struct Round {
  std::vector<Prompt> prompts;
  std::vector<Candidate> candidates;
  std::vector<Judgement> judgements;
  std::vector<PreferencePair> pairs;
  int64_t ties = 0;
};

Candidate candidate_of(const Prompt& prompt, int64_t index, int64_t t) {
  const std::string text = word(kSeed.child(prompt.id, index, t));
  return {prompt.id, index, TokenIds((text.size() + 1) / 2 + 1, 3), text, FinishReason::stop};
}

void add_prompt(Round& round, const Prompt& prompt, int64_t t) {
  std::vector<Candidate> candidates;
  std::vector<Judgement> judgements;
  for (int64_t n = 0; n < kAnswers; ++n) {
    candidates.push_back(candidate_of(prompt, n, t));
    if (prompt.text == kHostileText) candidates[0].text = kHostileText;
    judgements.push_back(judge(candidates.back(), t));
    if (prompt.text == kHostileText) judgements.back().replies[0].text = kHostileText;
  }
  const auto [worst, best] = std::minmax_element(
      judgements.begin(), judgements.end(), [](const auto& a, const auto& b) { return a.score < b.score; });
  if (worst->score && best->score && *worst->score < *best->score) {
    const Candidate &chosen = candidates[best->index], &rejected = candidates[worst->index];
    round.pairs.push_back({prompt.id,
                           {{"user", prompt.text}},
                           chosen.text,
                           rejected.text,
                           chosen.token_ids,
                           rejected.token_ids,
                           *best->score,
                           *worst->score});
  } else {
    ++round.ties;
  }
  round.prompts.push_back(prompt);
  round.candidates.insert(round.candidates.end(), candidates.begin(), candidates.end());
  round.judgements.insert(round.judgements.end(), judgements.begin(), judgements.end());
}

Round make_round(int64_t t) {
  Round round;
  for (int64_t i = 0; i < kPrompts; ++i) {
    const std::string id = str("round", t, "-", i);
    add_prompt(round, {id, i == 0 ? kHostileText : request(kSeed.child(id)), "M0"}, t);
  }
  return round;
}

Json summary_of(const Round& round, int64_t t) {
  Json histogram{{"0", 0}, {"1", 0}, {"2", 0}, {"3", 0}, {"4", 0}, {"5", 0}};
  int64_t replies = 0, cut_off = 0;
  for (const Judgement& judgement : round.judgements)
    for (const JudgeReply& reply : judgement.replies) {
      ++replies;
      reply.score ? histogram[str(*reply.score)] = histogram[str(*reply.score)].get<int64_t>() + 1
                  : Json(++cut_off);
    }
  const double shift = static_cast<double>(t - 1);
  return Json{
      {"t", t},
      {"prompts", kPrompts},
      {"prompt_drops", {{"repeated", 41 + 7 * t}, {"too_long", 2}}},
      {"candidates", round.candidates.size()},
      {"candidates_stopped", round.candidates.size() - 3},
      {"answer_tokens_mean", 5.9},
      {"duplicate_candidates", 160 + 60 * (t - 1)},
      {"judge_replies", replies},
      {"judge_failures", {{"cut_off", cut_off}, {"no_score", 0}}},
      {"score_histogram", histogram},
      {"score_mean", 4.05 + 0.12 * shift},
      {"score_std", 0.91 - 0.06 * shift},
      {"score_entropy", 1.38 - 0.09 * shift},
      {"k_variance", 0.11},
      {"pairs", round.pairs.size()},
      {"pair_drops", {{"tie", round.ties}, {"unjudged", 0}}},
      {"gold_agreement",
       {{"agree", 0.84 - 0.03 * shift}, {"tie", 0.15 + 0.02 * shift}, {"wrong", 0.01 + 0.01 * shift}}},
      {"seconds", {{"prompts", 4.2}, {"candidates", 6.8}, {"judge", 41.5}, {"train", 52.3}}}};
}

void write_round(const RunPaths& run, int64_t t) {
  const Round round = make_round(t);
  write_jsonl(run.round_records(t, "prompts"), round.prompts);
  write_jsonl(run.round_records(t, "candidates"), round.candidates);
  write_jsonl(run.round_records(t, "judgements"), round.judgements);
  write_jsonl(run.round_records(t, "preferences"), round.pairs);
  write_file_atomically(run.round_summary(t), summary_of(round, t).dump(1));
}

double schedule(double done, double peak) {
  return done < 0.05 ? peak * done / 0.05
                     : peak * (0.1 + 0.45 * (1 + std::cos(3.14159 * (done - 0.05) / 0.95)));
}

Json sft_step(const std::string& name, int64_t step, double done) {
  return Json{{"step", step},
              {"epoch", 3 * done},
              {"loss", 0.14 + 0.9 * std::exp(-4 * done) + 0.05 * noise(name, step)},
              {"grad_norm", 0.6 + 1.5 * std::exp(-3 * done) + 0.2 * noise(name, step, "norm")},
              {"learning_rate", schedule(done, 2e-4)},
              {"num_tokens", 1800 * step}};
}

Json dpo_step(const std::string& name, int64_t step, double done) {
  const double rise = 1 - std::exp(-3 * done), chosen = 0.35 * rise + 0.1 * noise(name, step, "c"),
               rejected = -1.9 * rise + 0.2 * noise(name, step, "r");
  return Json{{"step", step},
              {"epoch", 2 * done},
              {"loss", 1.62 - 0.55 * rise + 0.09 * noise(name, step)},
              {"grad_norm", 2.1 + 0.5 * noise(name, step, "norm")},
              {"learning_rate", schedule(done, 5e-4)},
              {"num_tokens", 900 * step},
              {"rewards/chosen", chosen},
              {"rewards/rejected", rejected},
              {"rewards/margins", chosen - rejected},
              {"rewards/accuracies", 0.5 + 0.42 * rise + 0.06 * noise(name, step, "a")},
              {"logps/chosen", -4.9 + chosen / 0.3},
              {"logps/rejected", -7.4 + rejected / 0.3},
              {"nll_loss", 0.82 - 0.1 * rise + 0.05 * noise(name, step, "n")},
              {"replay_loss", 0.21 + 0.03 * noise(name, step, "p")}};
}

void write_metrics(const RunPaths& run, const std::string& name, int64_t steps, bool dpo) {
  std::string lines;
  for (int64_t step = 1; step <= steps; ++step) {
    const double done = static_cast<double>(step) / static_cast<double>(steps);
    lines += to_line(dpo ? dpo_step(name, step, done) : sft_step(name, step, done));
  }
  write_file_atomically(run.training(name).metrics(), lines);
}

struct Model {
  const char* name;
  double gold, greedy, all_met, pairwise, five_best, exact, spearman, kendall;
};
// About what the playground gave when it was prototyped.
constexpr std::array<Model, 4> kModels{{{"M0", 3.43, 3.79, 0.151, 0.846, 0.521, 0.287, 0.712, 0.655},
                                        {"M1", 4.05, 4.21, 0.342, 0.974, 0.738, 0.713, 0.935, 0.902},
                                        {"M2", 4.30, 4.39, 0.461, 0.971, 0.741, 0.707, 0.931, 0.899},
                                        {"M3", 4.41, 4.47, 0.528, 0.962, 0.733, 0.687, 0.924, 0.890}}};

Json judge_metrics(const Model& m) {
  return Json{{"pairwise_accuracy", m.pairwise},
              {"pairwise_accuracy_no_ties", m.pairwise + 0.4 * (1 - m.pairwise)},
              {"five_best", m.five_best},
              {"exact_match", m.exact},
              {"spearman", m.spearman},
              {"kendall_tau", m.kendall},
              {"unscored", 3},
              {"answers", 600}};
}

Json duel(const char* a, const char* b, const char* by, double win, double tie) {
  return Json{{"a", a},
              {"b", b},
              {"by", by},
              {"win", win},
              {"tie", tie},
              {"lose", 1 - win - tie},
              {"standard_error", 0.021},
              {"n", 500}};
}

Json evaluation(double shift) {
  Json models = Json::array();
  for (const Model& m : kModels)
    models.push_back(
        {{"name", m.name},
         {"gold",
          {{"sampled",
            {{"mean", m.gold + shift}, {"standard_error", 0.04}, {"all_met", m.all_met}, {"n", 500}}},
           {"greedy",
            {{"mean", m.greedy}, {"standard_error", 0.04}, {"all_met", m.all_met + 0.1}, {"n", 500}}}}},
         {"reward_model", judge_metrics(m)},
         {"answer_tokens_mean", 5.8},
         {"stopped_share", 0.998}});
  const Model random{"random", 0, 0, 0, 0.443, 0.252, 0.047, 0.004, 0.003},
      longest{"longest", 0, 0, 0, 0.271, 0.262, 0.013, 0.061, 0.054};
  Json random_metrics = judge_metrics(random);
  random_metrics["kendall_tau"] = nullptr;  // a metric that had nothing to measure
  return Json{{"models", models},
              {"null_judges", {{"random", random_metrics}, {"longest", judge_metrics(longest)}}},
              {"head_to_head",
               {duel("M1", "M0", "gold", 0.52, 0.31), duel("M2", "M1", "gold", 0.33, 0.48),
                duel("M3", "M2", "gold", 0.27, 0.53), duel("M3", "M1", "gold", 0.39, 0.48),
                duel("M2", "M1", "judge", 0.35, 0.45), duel("M3", "M1", "judge", 0.42, 0.45)}},
              {"max_score", 5}};
}

void write_answers(const RunPaths& run, const Model& model) {
  std::string lines;
  for (int64_t i = 0; i < kEvaluationPrompts; ++i) {
    const std::string id = str("eval-", i);
    const double gold = std::clamp(std::round(model.gold + 1.4 * noise(id, model.name)), 0.0, 5.0);
    lines += to_line({{"prompt_id", id},
                      {"prompt", i == 0 ? kHostileText : request(kSeed.child(id))},
                      {"text", i == 0 ? kHostileText : word(kSeed.child(id, model.name))},
                      {"gold", gold},
                      {"finish_reason", "stop"}});
  }
  write_file_atomically(run.evaluation_records(model.name, "answers"), lines);
}

constexpr const char* kConfig = R"(# the root of all randomness
seed: 12
last_model: 3
model:
  model_name_or_path: playground/M0
  dtype: float32
eft: {source: self}
sft: {learning_rate: 0.0002}
prompts: {source: M0, num_prompts: 240}
data: {ift: [IFT]}
candidates: {num_generations: 4}
judge: {kind: self, num_evals_to_average: 3}
dpo:
  beta: BETA
  rpo_alpha: 1
  replay_batch_size: 16
  train: {learning_rate: 0.0005}
)";

void write_seed_examples(const fs::path& path) {
  std::vector<Example> examples;
  for (int64_t i = 0; i < 50; ++i) {
    const Seed seed = kSeed.child("ift", i);
    examples.push_back({str("ift-", i), {{"user", request(seed)}, {"assistant", word(seed)}}, "ift"});
  }
  write_jsonl(path, examples);
}

void write_warnings(const fs::path& path) {
  const std::string sentence = "31 % of the answers were cut off. Raise candidates.sampling.max_new_tokens.";
  write_file_atomically(path, to_line({{"round", 1},
                                       {"stage", "candidates"},
                                       {"name", "cut_off"},
                                       {"value", 0.31},
                                       {"limit", 0.2},
                                       {"text", sentence}}) +
                                  to_line({{"round", 2}, {"stage", "judge"}, {"text", kHostileText}}));
}

std::string config(const fs::path& seeds, double shift) {
  return replace_all(replace_all(kConfig, "IFT", seeds.string()), "BETA", str(0.3 + shift));
}

}  // namespace

void write_example_run(const fs::path& dir, double shift) {
  const RunPaths run(dir);
  write_seed_examples(dir / "ift.jsonl");
  write_warnings(run.warnings());
  write_file_atomically(run.settings(), config(dir / "ift.jsonl", shift));
  const Json seed{{"ift", 150},
                  {"eft", 300},
                  {"ranked_train", 800},
                  {"ranked_held_out", 150},
                  {"eval_prompts", 500},
                  {"eft_building",
                   {{"judged_prompts", 800},
                    {"kept_prompts", 411},
                    {"judgements", 300},
                    {"dropped", {{"order_differs", 377}, {"unjudged", 12}, {"common_score", 98}}}}}};
  write_file_atomically(run.seed_summary(), seed.dump(1));
  for (const int64_t t : {1, 2}) write_round(run, t);
  write_metrics(run, "sft_baseline", 40, /*dpo=*/false);
  write_metrics(run, "M1", 60, /*dpo=*/false);
  for (const char* name : {"M2", "M3"}) write_metrics(run, name, 210, /*dpo=*/true);
  write_file_atomically(run.evaluation_summary(), evaluation(shift).dump(1));
  for (const Model& model : kModels) write_answers(run, model);
}

}  // namespace selfreward
