// llama.cpp on a workload file: every prompt goes through once (a prefix that several prompts share, once for
// all of them), its KV is copied to its samples, then all sequences decode together, one token each a
// llama_decode. usage, as for every tool here: llama_generate WORKLOAD FILE.json --model MODEL.gguf --dtype
// DTYPE Prints one JSON line. Threads: OMP_NUM_THREADS.
#include <llama.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int kBatch = 2048;

struct Workload {
  std::vector<std::vector<llama_token>> prompts;
  int samples, new_tokens, shared_prefix, prompts_per_prefix;
};

// What one prompt's last token is followed by: the row of the batch with its logits.
struct LastRow {
  int row, prompt;
};

struct Engine {
  const Workload& work;
  llama_context* context;
  std::vector<llama_sampler*> samplers;  // of each sequence: prompt * samples + sample
  llama_batch batch = llama_batch_init(kBatch, 0, 1);
  std::vector<LastRow> last_rows = {};
  std::vector<llama_token> last = {};  // of each sequence
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

long peak_rss_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::atol(line.c_str() + 6) / 1024;
  return -1;
}

Workload read_workload(const char* file) {
  std::ifstream in(file);
  const auto json = nlohmann::json::parse(in);
  return {json.at("prompts"), json.at("samples"), json.at("new"), json.value("shared_prefix", 0),
          json.value("prompts_per_prefix", 1)};
}

void put(Engine& engine, llama_token token, int position, int sequence, bool logits) {
  llama_batch& batch = engine.batch;
  const int i = batch.n_tokens++;
  batch.token[i] = token;
  batch.pos[i] = position;
  batch.n_seq_id[i] = 1;
  batch.seq_id[i][0] = sequence;
  batch.logits[i] = logits;
}

void decode(Engine& engine) {
  if (llama_decode(engine.context, engine.batch) != 0) throw std::runtime_error("llama_decode failed");
  llama_synchronize(engine.context);
}

void sample(Engine& engine, int sequence, int row) {
  engine.last[sequence] = llama_sampler_sample(engine.samplers[sequence], engine.context, row);
}

// Runs what is in the batch and samples the first token of the prompts that end in it.
void flush(Engine& engine) {
  if (engine.batch.n_tokens == 0) return;
  decode(engine);
  const int samples = engine.work.samples;
  for (const auto [row, prompt] : engine.last_rows)
    for (int i = 0; i < samples; ++i) sample(engine, prompt * samples + i, row);
  engine.last_rows.clear();
  engine.batch.n_tokens = 0;
}

// Tokens [begin, end) of a prompt, into the sequence of its first sample.
void put_prompt(Engine& engine, int prompt, int begin, int end) {
  const auto& tokens = engine.work.prompts[prompt];
  const bool is_last = end == static_cast<int>(tokens.size());
  if (engine.batch.n_tokens + end - begin > kBatch) flush(engine);
  for (int i = begin; i < end; ++i)
    put(engine, tokens[i], i, prompt * engine.work.samples, is_last && i + 1 == end);
  if (is_last) engine.last_rows.push_back({engine.batch.n_tokens - 1, prompt});
}

void copy_cache(Engine& engine, int from, int to) {
  llama_memory_seq_cp(llama_get_memory(engine.context), from, to, -1, -1);
}

void prefill(Engine& engine) {
  const Workload& work = engine.work;
  const int prompts = static_cast<int>(work.prompts.size()), group = work.prompts_per_prefix;
  if (work.shared_prefix > 0) {
    for (int p = 0; p < prompts; p += group) put_prompt(engine, p, 0, work.shared_prefix);
    flush(engine);
    for (int p = 0; p < prompts; ++p)
      if (p % group != 0) copy_cache(engine, p / group * group * work.samples, p * work.samples);
  }
  for (int p = 0; p < prompts; ++p)
    put_prompt(engine, p, work.shared_prefix, static_cast<int>(work.prompts[p].size()));
  flush(engine);
  for (int p = 0; p < prompts; ++p)
    for (int i = 1; i < work.samples; ++i) copy_cache(engine, p * work.samples, p * work.samples + i);
}

// One more token of every sequence.
void step(Engine& engine, int index) {
  const int sequences = static_cast<int>(engine.last.size());
  engine.batch.n_tokens = 0;
  for (int s = 0; s < sequences; ++s) {
    const auto& prompt = engine.work.prompts[s / engine.work.samples];
    put(engine, engine.last[s], static_cast<int>(prompt.size()) + index, s, true);
  }
  decode(engine);
  for (int s = 0; s < sequences; ++s) sample(engine, s, s);
}

llama_context* make_context(llama_model* model, const Workload& work, int sequences) {
  size_t longest = 0;
  for (const auto& prompt : work.prompts) longest = std::max(longest, prompt.size());
  const int per_sequence = (static_cast<int>(longest) + work.new_tokens + 255) / 256 * 256;
  auto params = llama_context_default_params();
  params.n_ctx = per_sequence * sequences;
  params.n_batch = kBatch;
  params.n_ubatch = 512;
  params.n_seq_max = params.n_outputs_max = sequences;
  params.n_threads = params.n_threads_batch = std::atoi(std::getenv("OMP_NUM_THREADS"));
  llama_context* context = llama_init_from_model(model, params);
  if (!context) throw std::runtime_error("llama_init_from_model failed");
  return context;
}

llama_sampler* make_sampler(int seed) {
  llama_sampler* chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
  llama_sampler_chain_add(chain, llama_sampler_init_temp(0.7f));
  llama_sampler_chain_add(chain, llama_sampler_init_top_p(0.9f, 1));
  llama_sampler_chain_add(chain, llama_sampler_init_dist(seed));
  return chain;
}

void warm_up(Engine& engine) {
  put(engine, 1, 0, 0, true);
  decode(engine);
  llama_memory_clear(llama_get_memory(engine.context), true);
  engine.batch.n_tokens = 0;
}

// The seconds of prefill and of all.
std::pair<double, double> run(Engine& engine) {
  const double start = now();
  prefill(engine);
  const double prefilled = now();
  for (int index = 0; index + 1 < engine.work.new_tokens; ++index) step(engine, index);
  return {prefilled - start, now() - start};
}

// A check that every sequence is as long as asked: the last token sampled has not been decoded.
void check_lengths(const Engine& engine) {
  for (int s = 0; s < static_cast<int>(engine.last.size()); ++s) {
    const auto& prompt = engine.work.prompts[s / engine.work.samples];
    const int length = llama_memory_seq_pos_max(llama_get_memory(engine.context), s) + 2;
    if (length != static_cast<int>(prompt.size()) + engine.work.new_tokens)
      throw std::runtime_error("sequence " + std::to_string(s) + " has " + std::to_string(length) +
                               " tokens");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7 || !std::getenv("OMP_NUM_THREADS"))
    throw std::runtime_error("usage: see the head of the source");
  const auto log_errors = [](ggml_log_level level, const char* text, void*) {
    if (level >= GGML_LOG_LEVEL_ERROR) std::cerr << text;
  };
  llama_log_set(log_errors, nullptr);
  llama_backend_init();
  const Workload work = read_workload(argv[2]);
  llama_model* model = llama_model_load_from_file(argv[4], llama_model_default_params());
  if (!model) throw std::runtime_error("the model cannot be loaded");
  const int sequences = static_cast<int>(work.prompts.size()) * work.samples;
  Engine engine{work, make_context(model, work, sequences), {}};
  for (int s = 0; s < sequences; ++s) engine.samplers.push_back(make_sampler(1000 + s));
  engine.last.resize(sequences);
  warm_up(engine);
  const auto [prefill_s, wall_s] = run(engine);
  check_lengths(engine);
  std::cout << nlohmann::json{{"wall_s", wall_s}, {"prefill_s", prefill_s}, {"peak_rss_mib", peak_rss_mib()}}
            << "\n";
}
