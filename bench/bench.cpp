// One workload of bench/run through the program's own stages; prints one line of JSON.
//   selfreward-bench candidates candidates.json --model DIR --dtype bfloat16 [--profile]
// candidates and judge generate, sft and dpo train, iteration does a whole round: candidates, judgements,
// DPO.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <numeric>

#include "base/json.h"
#include "base/version.h"
#include "infer/generator.h"
#include "model/policy/causal_lm.h"
#include "operator_profile.h"
#include "train/dpo.h"
#include "train/optimizer.h"

using namespace selfreward;

namespace {

struct Options {
  std::string workload, file, model, dtype = "bfloat16";
  int64_t drop = 1, micro_batch_tokens = 4096, repeats = 1;
  int64_t max_cache_tokens = GenerationSettings{}.max_cache_tokens;
  bool profile = false, checkpointing = false;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int64_t peak_rss_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::stoll(line.substr(6)) / 1024;
  return 0;
}

/// Parameters of matrix products: all but norms; a tied embedding counts once, as the output matrix.
double matmul_parameters(const CausalLM& model) {
  double count = 0;
  for (const auto& item : model.named_parameters())
    if (item.value().dim() == 2) count += static_cast<double>(item.value().numel());
  if (!model.config().tie_word_embeddings) count -= static_cast<double>(model.output_weight().numel());
  return count;
}

TokenIds ids(const Json& json) {
  return json.get<TokenIds>();
}

int64_t tokens_of(const std::vector<TokenIds>& lists) {
  return std::accumulate(lists.begin(), lists.end(), int64_t{0},
                         [](int64_t sum, const TokenIds& list) { return sum + std::ssize(list); });
}

/// Seconds that all prompts with all their samples take, lengths fixed.
double generate(Policy& policy, const std::vector<TokenIds>& prompts, int64_t samples, int64_t new_tokens,
                const Options& options) {
  Generator generator(policy, {.max_cache_tokens = options.max_cache_tokens});
  SamplingParams params;
  params.ignore_eos = true;
  std::vector<GenerationRequest> requests;
  for (const TokenIds& prompt : prompts)
    requests.push_back({prompt, samples, Seed(1).child(std::ssize(requests))});
  params.max_new_tokens = 2;
  generator.generate({requests.front()}, params);  // warm-up, as for the peers
  params.max_new_tokens = new_tokens;
  const double start = now();
  for (const auto& completions : generator.generate(requests, params))
    for (const Completion& completion : completions)
      check(std::ssize(completion.ids) == new_tokens, "a completion has ", completion.ids.size(), " tokens");
  return now() - start;
}

Json bench_generation(Policy& policy, const Json& work, const Options& options) {
  std::vector<TokenIds> prompts;
  for (const Json& prompt : work.at("prompts")) prompts.push_back(ids(prompt));
  const int64_t samples = work.at("samples"), new_tokens = work.at("new");
  const double wall = generate(policy, prompts, samples, new_tokens, options);
  const double generated = static_cast<double>(std::ssize(prompts) * samples * new_tokens);
  const double tokens = generated + static_cast<double>(tokens_of(prompts));
  return {{"prompts", prompts.size()},
          {"generated", generated},
          {"wall_s", wall},
          {"tokens_per_s", generated / wall},
          {"gflops", 2 * matmul_parameters(policy.model()) * tokens / wall / 1e9}};
}

/// Runs `step` for each batch of `rows` rows; the first `drop` are not timed.
template <typename Step>
double timed_steps(size_t rows, size_t batch, int64_t drop, Step step) {
  double start = now();
  for (size_t first = 0, index = 0; first + batch <= rows; first += batch, ++index) {
    if (static_cast<int64_t>(index) == drop) start = now();
    std::vector<size_t> chosen(batch);
    std::iota(chosen.begin(), chosen.end(), first);
    step(static_cast<int64_t>(index), chosen);
  }
  return now() - start;
}

TrainSettings train_settings(const Options& options, size_t batch) {
  TrainSettings settings;
  settings.train_batch_size = static_cast<int64_t>(batch);
  settings.micro_batch_tokens = options.micro_batch_tokens;
  return settings;
}

Json bench_sft(Policy& policy, const Json& work, const Options& options) {
  std::vector<SftRow> rows;
  for (const Json& row : work.at("rows")) rows.push_back({ids(row.at("prompt")), ids(row.at("completion"))});
  const size_t batch = work.at("batch"), dropped = batch * static_cast<size_t>(options.drop);
  const TrainSettings settings = train_settings(options, batch);
  AdamW optimizer(policy.model(), settings);
  const double wall = timed_steps(rows.size(), batch, options.drop, [&](int64_t step, const auto& chosen) {
    accumulate_sft(policy.model(), rows, {step, chosen, Seed(1)}, settings);
    optimizer.step(1e-5);
  });
  double tokens = 0;
  for (size_t i = dropped; i < rows.size() / batch * batch; ++i)
    tokens += static_cast<double>(rows[i].prompt.size() + rows[i].response.size());
  return {{"rows", rows.size()},
          {"wall_s", wall},
          {"tokens_per_s", tokens / wall},
          {"gflops", 6 * matmul_parameters(policy.model()) * tokens / wall / 1e9}};
}

/// Seconds of the timed steps, and of the reference pass over the pairs of those steps.
Json bench_dpo(Policy& policy, const Json& work, const Options& options) {
  std::vector<DpoRow> rows;
  for (const Json& row : work.at("rows"))
    rows.push_back({ids(row.at("prompt")), ids(row.at("chosen")), ids(row.at("rejected"))});
  const size_t batch = work.at("batch"), dropped = batch * static_cast<size_t>(options.drop);
  DpoSettings settings;
  settings.train = train_settings(options, batch);
  const double reference_start = now();
  const Reference reference = reference_log_probs(policy.model(), rows, settings);
  const double timed = static_cast<double>(rows.size() - dropped);
  const double reference_s = (now() - reference_start) * timed / static_cast<double>(rows.size());
  AdamW optimizer(policy.model(), settings.train);
  const double steps_s = timed_steps(rows.size(), batch, options.drop, [&](int64_t step, const auto& chosen) {
    accumulate_dpo(policy.model(), {rows, reference}, {step, chosen, Seed(1)}, settings);
    optimizer.step(1e-5);
  });
  double tokens = 0;
  for (size_t i = dropped; i < rows.size(); ++i)
    tokens +=
        static_cast<double>(2 * rows[i].prompt.size() + rows[i].chosen.size() + rows[i].rejected.size());
  const double wall = steps_s + reference_s;
  return {
      {"rows", rows.size()},         {"wall_s", wall},
      {"reference_s", reference_s},  {"tokens_per_s", tokens / wall},
      {"pairs_per_s", timed / wall}, {"gflops", 6 * matmul_parameters(policy.model()) * tokens / wall / 1e9}};
}

/// One round of the loop as a user runs it, sizes in the file: {"candidates": {...}, "judge": {...}, "dpo":
/// {...}}.
Json bench_iteration(Policy& policy, const Json& work, const Options& options) {
  const double start = now();
  Json result;
  for (const char* part : {"candidates", "judge"})
    result[std::string(part) + "_s"] = bench_generation(policy, work.at(part), options).at("wall_s");
  Options all = options;
  all.drop = 0;
  const Json dpo = bench_dpo(policy, work.at("dpo"), all);
  result["dpo_s"] = dpo.at("wall_s");
  result["wall_s"] = now() - start;
  const double prompts = static_cast<double>(work.at("candidates").at("prompts").size());
  result["prompts"] = prompts;
  result["seconds_per_prompt"] = result["wall_s"].get<double>() / prompts;
  return result;
}

Json measure(Policy& policy, const Json& work, const Options& options) {
  if (options.workload == "sft") return bench_sft(policy, work, options);
  if (options.workload == "dpo") return bench_dpo(policy, work, options);
  if (options.workload == "iteration") return bench_iteration(policy, work, options);
  return bench_generation(policy, work, options);
}

void run(const Options& options) {
  Policy policy = Policy::load(options.model, {.device = "auto", .dtype = options.dtype});
  policy.model().recompute_layers(options.checkpointing);
  const Json work = read_json(options.file);
  std::optional<bench::OperatorProfile> profile;
  if (options.profile) profile.emplace();
  Json row{{"tool", "selfreward"},
           {"version", program_version()},
           {"workload", options.workload},
           {"dtype", options.dtype},
           {"mode", ""},
           {"threads", at::get_num_threads()}};
  row.update(measure(policy, work, options));
  row["peak_rss_mib"] = peak_rss_mib();
  if (profile) std::fputs(profile->table().c_str(), stderr);
  std::printf("%s", to_line(row).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("One workload of bench/run");
  Options options;
  app.add_option("WORKLOAD", options.workload)
      ->required()
      ->check(CLI::IsMember({"candidates", "judge", "sft", "dpo", "iteration"}));
  app.add_option("FILE", options.file)->required()->check(CLI::ExistingFile);
  app.add_option("--model", options.model, "Hugging Face directory")->required();
  app.add_option("--dtype", options.dtype)->check(CLI::IsMember({"bfloat16", "float32"}));
  app.add_option("--drop", options.drop, "first training steps that are not timed");
  app.add_option("--micro-batch-tokens", options.micro_batch_tokens);
  app.add_flag("--gradient-checkpointing", options.checkpointing);
  app.add_option("--max-cache-tokens", options.max_cache_tokens);
  app.add_flag("--profile", options.profile, "a table of operators on the standard error");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
