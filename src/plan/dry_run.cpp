#include "plan/dry_run.h"

#include <algorithm>
#include <cmath>

#include "base/text_util.h"
#include "data/messages.h"
#include "feedback/given_prompts.h"
#include "feedback/new_prompts.h"
#include "plan/plan.h"
#include "plan/stage_sizes.h"
#include "run/outputs.h"
#include "train/steps.h"

namespace selfreward {
namespace {

constexpr size_t kLookedAtPrompts = 256;

void read_data(DryRunPlan& plan) {
  plan.data = read_seed_data(plan.config);
  plan.rubric = Rubric::load(plan.config.judge.rubric);
  check_before_work(plan.config, plan.data, plan.rubric);
  if (plan.config.eft.source != "self") {
    plan.eft = eft_without_model(plan.config, plan.data, plan.rubric).records;
    check_replay(plan.config, {plan.data.ift, plan.eft});
  }
  const auto examples = first_training_rows(plan.config, {plan.data.ift, plan.eft});
  plan.rows = make_sft_rows(plan.model.chat, examples, plan.config.sft.max_length, train_on(plan.config.sft));
}

std::string data_text(const DryRunPlan& plan) {
  const SeedData& data = plan.data;
  const bool later = plan.config.eft.source == "self";
  return section(
      "data",
      line("IFT examples", str(data.ift.size())) + line("ranked prompts for EFT", str(data.ranked.size())) +
          line("EFT examples", later ? "written by the SFT baseline: not known yet" : str(plan.eft.size())) +
          line("held-out ranked prompts", str(data.held_out_ranked.size())) +
          line("evaluation prompts", str(data.eval_prompts.size())) +
          line("left out", counts_text(data.dropped)) +
          line("rows for M1", str(plan.rows.rows.size(), later ? " without EFT" : "", "; ",
                                  left_out_text(plan.rows, "sft.max_length"))));
}

/// What the judge is asked in a round.
std::string judgements_text(const RunConfig& c, int64_t prompts) {
  const int64_t n = c.candidates.num_generations, k = c.judge.num_evals_to_average;
  const bool anchored = c.pairs.choose == "anchored";
  if (c.judge.kind != "self") return "none: judge.kind is " + c.judge.kind;
  if (c.judge.form == "pairwise")
    return str(prompts * n * (n - 1) * k, ", every two answers of a prompt in both orders");
  return str(prompts * n * k * (anchored ? 2 : 1), c.judge.form == "checklist" ? " on each requirement" : "",
             anchored ? ", on the earlier model's answers too" : "");
}

/// What the meta-judge compares: replies to one answer of each prompt, every two in both orders.
std::string comparisons_text(const RunConfig& c, int64_t prompts) {
  const int64_t k = c.judge.num_evals_to_average;
  if (c.pairs.meta_rubric.empty()) return "";
  return line("comparisons of judgements", str("at most ", prompts * k * (k - 1)));
}

std::string next_training_text(const RunConfig& c, size_t pairs, size_t seeds, size_t answers) {
  if (c.dpo.method == "positive_only")
    return line("SFT steps of a round",
                str("at most ", num_training_steps(c.dpo.train, seeds + answers), ", with ", seeds,
                    " seed examples and at most ", answers, " answers"));
  return line("DPO steps of a round",
              str("at most ", num_training_steps(c.dpo.train, pairs), ", with ", pairs, " pairs"));
}

std::string work_text(const DryRunPlan& plan) {
  const RunConfig& c = plan.config;
  const int64_t prompts = c.prompts.num_prompts, answers = prompts * c.candidates.num_generations;
  const int64_t n = c.candidates.num_generations, of_prompt = c.pairs.choose == "all" ? n * (n - 1) / 2 : 1;
  const auto pairs =
      static_cast<size_t>(std::ceil(c.pairs.top_share * static_cast<double>(prompts * of_prompt)));
  const bool later = c.eft.source == "self" && c.sft.max_steps == 0;
  std::string text = line("SFT steps of M1", str(num_training_steps(c.sft, plan.rows.rows.size()),
                                                 later ? " and those of EFT" : ""));
  if (c.last_model > 1)
    text +=
        line("rounds", str(c.last_model - 1)) + line("new prompts of a round", str(prompts)) +
        line("candidates of a round", str(answers)) +
        (c.pairs.choose == "anchored" ? line("answers of " + c.pairs.anchor + " beside them", str(answers))
                                      : "") +
        line("judgements of a round", judgements_text(c, prompts)) + comparisons_text(c, prompts) +
        next_training_text(c, pairs, plan.data.ift.size() + plan.eft.size(), static_cast<size_t>(answers));
  return section("work", text);
}

/// Prompts as the model is asked them, of the first seeds; those that do not fit the context are left out.
std::vector<TokenIds> asked(const DryRunPlan& plan, const std::vector<Conversation>& conversations) {
  std::vector<TokenIds> prompts;
  for (const Conversation& conversation : conversations) {
    if (prompts.size() == kLookedAtPrompts) break;
    TokenIds ids = plan.model.chat.prompt_ids(conversation);
    if (std::ssize(ids) < plan.network.config.max_position_embeddings) prompts.push_back(std::move(ids));
  }
  check(!prompts.empty(), "[dry-run] no prompt fits the model's context of ",
        plan.network.config.max_position_embeddings, " tokens; take a model with a longer one");
  return prompts;
}

std::string decoded(const DryRunPlan& plan, const TokenIds& ids) {
  return plan.model.chat.tokenizer().decode(ids, /*skip_special=*/false);
}

void add_generation(DryRunPlan& plan, const std::string& stage, Requests requests) {
  const int64_t context = plan.network.config.max_position_embeddings;
  requests.max_new_tokens = std::min(requests.max_new_tokens, context);
  plan.memory.push_back(
      generation_memory(stage, plan.network, generation_load(requests, plan.config.generation)));
  add_example(plan, stage, decoded(plan, requests.prompts[0]));
}

void add_new_prompts(DryRunPlan& plan) {
  const RunConfig& c = plan.config;
  const PromptPool pool{plan.data.instructions(), {}};
  Requests requests{.count = c.prompts.num_prompts, .max_new_tokens = c.prompts.sampling.max_new_tokens};
  const int64_t shown = std::min<int64_t>(c.prompts.num_prompts, kLookedAtPrompts);
  for (int64_t i = 0; i < shown; ++i)
    requests.prompts.push_back(plan.model.chat.completion_ids(
        prompt_request(pool, {}, c.prompts, root_seed(c).child("prompts", 1).child("new_prompts", 0, i))));
  add_generation(plan, "new prompts", requests);
  // The model of the round lies beside the writer.
  if (c.prompts.source != "self") plan.memory.back().weights += resting_weights(plan.network);
}

/// The prompts of round 1 where they are given, or the first seeds as new prompts.
std::vector<Conversation> seed_prompts(const DryRunPlan& plan) {
  std::vector<Conversation> prompts;
  const PromptSettings& given = plan.config.prompts;
  if (!given.file.empty()) {
    for (const Prompt& prompt : given_prompts(given.file, given.num_prompts, 1))
      prompts.push_back({{"user", prompt.text}});
    return prompts;
  }
  for (const std::string& text : plan.data.instructions()) prompts.push_back({{"user", text}});
  return prompts;
}

void add_candidates(DryRunPlan& plan) {
  const CandidateSettings& c = plan.config.candidates;
  add_generation(plan, "candidates",
                 {asked(plan, seed_prompts(plan)), plan.config.prompts.num_prompts, c.num_generations,
                  c.sampling.max_new_tokens});
}

/// The seeds' own answers stand for candidates: to their prompts, or where prompts are given to those, which have
/// their requirements.
std::vector<JudgeItem> judged_items(const DryRunPlan& plan) {
  const PromptSettings& given = plan.config.prompts;
  std::vector<JudgeItem> items;
  for (const Example& example : plan.data.ift)
    items.push_back({example.id, first_question(example.messages), 0, example.messages.back().content});
  if (given.file.empty() || items.empty()) return items;
  const auto prompts = given_prompts(given.file, given.num_prompts, 1);
  for (size_t i = 0; i < items.size(); ++i) {
    const Prompt& prompt = prompts[i % prompts.size()];
    items[i] = {prompt.id, prompt.text, 0, items[i].answer, prompt.requirements};
  }
  return items;
}

void add_judge(DryRunPlan& plan) {
  const RunConfig& c = plan.config;
  if (c.judge.kind != "self") return;
  const auto items = judged_items(plan);
  std::vector<Conversation> questions;
  for (const JudgeItem& item : items)
    for (const ChecklistItem& question : questions_of(plan.rubric, item, c.judge))
      questions.push_back(judge_conversation(plan.rubric, item, question.wording));
  const int64_t answers = c.prompts.num_prompts * c.candidates.num_generations;
  const int64_t asked_of_all = answers * std::ssize(questions) / std::max<int64_t>(1, std::ssize(items));
  add_generation(
      plan, "judge",
      {asked(plan, questions), asked_of_all, c.judge.num_evals_to_average, c.judge.sampling.max_new_tokens});
}

/// Pairs as long as the settings allow on prompts like the seeds.
void add_dpo(DryRunPlan& plan) {
  const RunConfig& c = plan.config;
  const auto prompts = asked(plan, seed_prompts(plan));
  int64_t tokens = 0;
  for (const TokenIds& prompt : prompts) tokens += std::ssize(prompt);
  const int64_t answers = (c.dpo.method == "positive_only" ? 1 : 2) * c.candidates.sampling.max_new_tokens;
  const RowSize row{tokens / std::ssize(prompts) + answers, answers};
  MicroBatch batch = full_micro_batch(row, c.dpo.train);
  if (c.dpo.method != "positive_only") plan.memory.push_back(reference_memory(plan.network, batch));
  batch.several = batch.several || c.dpo.replay_batch_size > 0;
  plan.memory.push_back(training_memory("DPO", plan.network, batch, c.dpo.train));
  add_example(plan, "DPO, with answers as long as candidates.sampling allows",
              str(decoded(plan, prompts[0]), "\n[prompt ", prompts[0].size(),
                  " tokens, chosen and rejected up to ", c.candidates.sampling.max_new_tokens, " each]"));
}

/// What earlier calls left in the run directory and this one would not take up.
std::string made_again_text(const RunConfig& config, bool overwrite) {
  const auto names = made_again(run_outputs(config, RunPaths(config)), overwrite);
  return names.empty() ? "" : "Made again, since their inputs have changed: " + joined(names, ", ") + "\n";
}

}  // namespace

std::string dry_run(const RunConfig& config, bool overwrite) {
  const std::string again = made_again_text(config, overwrite);
  DryRunPlan plan = plan_for(config, config.model.model_name_or_path);
  read_data(plan);
  add_sft(plan, root_seed(config).child("train", model_name(1)));
  if (config.last_model > 1) {
    if (config.prompts.file.empty()) add_new_prompts(plan);
    add_candidates(plan);
    add_judge(plan);
    add_dpo(plan);
  }
  return text_of(plan, data_text(plan) + work_text(plan)) +
         (config.prompts.file.empty() ? "\nPrompts, candidates" : "\nCandidates") +
         ", judgements and pairs do not exist yet: the seed data stand for them, with "
         "answers of full length.\n" +
         again + "Nothing was trained, generated or written.\n";
}

}  // namespace selfreward
