#pragma once
// Every setting of a run: one entry each with its name, default and meaning. This list drives the YAML file,
// --set key=value, --help, the JSON schema, docs/configuration.md and the dump in the run directory.
// Choices and ranges are in rules.cpp. A new setting is a member and a line of its section's visit().
#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/seed.h"
#include "config/monitor_settings.h"
#include "feedback/judging/settings.h"
#include "feedback/pairs/settings.h"
#include "feedback/settings.h"
#include "infer/settings.h"
#include "model/layers/lora_settings.h"
#include "train/settings.h"

namespace selfreward {

struct ModelSettings {
  std::string model_name_or_path;
  std::string device = "auto";
  std::string dtype = "bfloat16";
  std::string save_dtype = "auto";
  std::string chat_template_kwargs, chat_template_date;

  template <typename Fields>
  void visit(Fields& f) {
    f("model_name_or_path", model_name_or_path,
      "M0: a Hugging Face checkpoint directory (config.json, safetensors, tokenizer.json, chat template)");
    f("device", device, "auto, cpu or cuda; auto takes the GPU where there is one");
    f("dtype", dtype,
      "what matrix products are computed in: bfloat16 or float32; master weights, log-probs and losses are "
      "always float32");
    f("save_dtype", save_dtype, "what M1, M2, ... are stored in: auto (as M0), float32 or bfloat16");
    f("chat_template_kwargs", chat_template_kwargs,
      "more variables of the chat template, a JSON object in quotes: '{\"enable_thinking\": false}'");
    f("chat_template_date", chat_template_date,
      "the day that a chat template with strftime_now writes, as 2026-07-01; empty: today, in a whole run "
      "the day of its first start");
  }
};

struct DataSettings {
  std::vector<std::string> ift, eft, ranked;
  int64_t max_ift = 0;
  double held_out_share = 0.1;
  std::string eval_prompts, eval_ranked, gold;
  std::vector<std::string> languages = {"en"};

  template <typename Fields>
  void visit(Fields& f) {
    f("ift", ift,
      "instruction seed data (IFT): files or directories of Open Assistant trees, chat messages, sharegpt, "
      "alpaca or prompt/completion rows; JSON lines, JSON or Parquet");
    f("eft", eft, "ready judging examples (EFT); empty: built from `ranked` where eft.source is self");
    f("ranked", ranked, "human-ranked answers: Open Assistant trees or {id, prompt, answers, ranks} rows");
    f("max_ift", max_ift, "at most this many IFT examples, 0 for all (the paper: 3200)");
    f("held_out_share", held_out_share,
      "share of the ranked prompts kept for evaluation, split before anything else; unused where eval_ranked "
      "is given");
    f("eval_prompts", eval_prompts,
      "prompts that the models are compared on; empty: the prompts of the held-out ranked answers");
    f("eval_ranked", eval_ranked,
      "ranked answers that judges are measured on; empty: the held-out share of `ranked`");
    f("languages", languages,
      "languages of Open Assistant messages that are read (their \"lang\"), of the prompt and the reply: en, "
      "de, pt-BR, ...; the others are left out and counted");
    f("gold", gold, "rules of a true score for answers (docs/formats.md, gold rules); empty: there is none");
  }
};

struct EvaluateSettings {
  bool enabled = true;
  int64_t max_prompts = 0;
  SamplingSettings sampling;
  bool greedy = true;
  std::string pairwise_rubric;

  template <typename Fields>
  void visit(Fields& f) {
    f("enabled", enabled, "evaluate every model and write the report");
    f("max_prompts", max_prompts, "prompts that the models are compared on, 0 for all");
    f("greedy", greedy, "with gold rules: the true score of greedy answers too");
    f("pairwise_rubric", pairwise_rubric,
      "head-to-head win rates with the last model as judge, in both orders, by this rubric; empty: none");
    f("sampling", sampling, "how the compared answers are written");
  }
};

struct RunConfig {
  std::string run_dir = "runs/default";
  int64_t seed = 1;
  int64_t last_model = 3;
  std::string report_to = "none";
  ModelSettings model;
  LoraSettings lora;
  DataSettings data;
  EftSettings eft;
  SftSettings sft;
  PromptSettings prompts;
  CandidateSettings candidates;
  JudgeSettings judge;
  PairSettings pairs;
  DpoSettings dpo;
  EvaluateSettings evaluate;
  GenerationSettings generation;
  MonitorSettings monitor;

  template <typename Fields>
  void visit(Fields& f) {
    f("run_dir", run_dir, "where everything of this run is kept; the same command goes on where it ended");
    f("seed", seed, "the root of all randomness");
    f("last_model", last_model, "the run ends with this model; 3 is M0 -> M1 -> M2 -> M3");
    f("report_to", report_to,
      "tensorboard: event files beside every metrics.jsonl and for the rounds; none: no such files");
    f("model", model, "the starting checkpoint");
    f("lora", lora, "adapters over a frozen M0 instead of whole weights (LoRA)");
    f("data", data, "seed and evaluation data");
    f("eft", eft, "building the judging examples (EFT)");
    f("sft", sft, "M0 -> M1: supervised training on IFT + EFT");
    f("prompts", prompts, "new prompts for each round");
    f("candidates", candidates, "answers of M_t to the new prompts");
    f("judge", judge, "M_t as judge of its own answers");
    f("pairs", pairs, "from scores to preference pairs");
    f("dpo", dpo, "M_t -> M_t+1 on the preference pairs");
    f("evaluate", evaluate, "the paper's two axes: following instructions and judging answers");
    f("generation", generation, "batching of all generation");
    f("monitor", monitor, "limits of what a run may show before it warns or stops");
  }
};

/// What all draws of a run begin with.
inline Seed root_seed(const RunConfig& config) {
  return Seed(config.seed);
}

/// Reads a YAML file (none where `yaml` is empty: the defaults) and applies `overrides` ("dpo.beta=0.3",
/// "data.ift=[a, b]"; a list that is given several times grows), in order. In text, ${NAME} is the
/// environment variable NAME, which must exist, and a leading ~/ is the home directory; paths are otherwise
/// kept as written (relative to the working directory). An unknown key, a value of the wrong type or out of
/// its range is an error that names the file, the line, the key and the nearest valid one.
RunConfig load_config(const fs::path& yaml, const std::vector<std::string>& overrides);

/// Throws Error for a value that is out of its range or contradicts another one. load_config has done this.
void validate(const RunConfig& config);

/// Throws Error unless the config names all that a whole run needs: M0, seed data, and what eft.source and
/// judge.kind ask for. A command that runs one stage needs less and does not call this.
void validate_whole_run(const RunConfig& config);

/// All settings as commented YAML; load_config of it gives the same settings to the last bit.
std::string dump_config(const RunConfig& config);

/// One setting, for --help: "dpo.beta", "number, above 0", "0.1", "strength of the pull ...".
struct SettingInfo {
  std::string key, type, default_value, help;
};
/// Every setting in the order of the file; sections are not listed.
std::vector<SettingInfo> list_settings();

/// JSON schema (draft 2020-12) of the YAML file.
std::string config_schema();

/// docs/configuration.md: every key with its type, default and meaning.
std::string config_reference();

}  // namespace selfreward
