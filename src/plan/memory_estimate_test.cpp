// Estimates beside what LibTorch's allocator really handed out for tensors, at its peak.
#include "plan/memory_estimate.h"

#include <doctest/doctest.h>

#include "model/files/safetensors.h"
#include "model/ops/counted_bytes.h"
#include "model/policy/lora.h"
#include "plan/memory_table.h"
#include "plan/stage_sizes.h"
#include "train/dpo.h"
#include "train/optimizer.h"
#include "train/sft.h"
#include "train/steps.h"

using namespace selfreward;

namespace {

/// A Llama with sizes in the proportions of real ones.
ModelConfig small_llama() {
  ModelConfig c;
  c.vocab_size = 8192;
  c.hidden_size = 128;
  c.intermediate_size = 352;
  c.num_hidden_layers = 6;
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  c.head_dim = 32;
  c.max_position_embeddings = 1024;
  c.tie_word_embeddings = true;
  return c;
}

/// Rows that differ from their first token on, or behind the first `shared` ones.
std::vector<SftRow> rows_of(int64_t count, int64_t length, int64_t shared = 0) {
  std::vector<SftRow> rows(static_cast<size_t>(count));
  for (int64_t r = 0; r < count; ++r)
    for (int64_t i = 0; i < length; ++i) {
      SftRow& row = rows[static_cast<size_t>(r)];
      (i < length / 2 ? row.prompt : row.response).push_back((i + (i < shared ? 0 : 37 * r)) % 8000 + 1);
    }
  return rows;
}

struct Case {
  at::ScalarType compute = at::kBFloat16;
  LoraSettings lora = {};
  TrainSettings settings = {.train_batch_size = 16};
};

Network network_of(const Case& c) {
  const ModelConfig config = small_llama();
  const std::string compute = dtype_name(c.compute);
  const int64_t stored = network_of(config, {0, "float32"}, compute, {}, /*on_cpu=*/true).parameters() * 4;
  return network_of(config, {stored, "float32"}, compute, c.lora, /*on_cpu=*/true);
}

/// The peak of `work(model)` beside a freshly initialized model, in bytes of tensors.
template <typename Work>
int64_t measured(const Case& c, const Work& work) {
  const auto bytes = std::make_shared<CountedBytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
  CausalLM model(small_llama(), c.compute);
  model.initialize(/*seed=*/1, /*std=*/0.02);
  if (c.lora.r > 0) add_adapter(model, c.lora, /*seed=*/1);
  bytes->peak = bytes->now;
  work(model);
  return bytes->peak;
}

int64_t measured_step(const Case& c, const std::vector<SftRow>& rows) {
  return measured(c, [&](CausalLM& model) {
    model.recompute_layers(c.settings.gradient_checkpointing);
    AdamW optimizer(model, c.settings);
    accumulate_sft(model, rows, {/*number=*/0, rows_of_step(0, c.settings, rows.size(), Seed(1)), Seed(1)},
                   c.settings);
    optimizer.step(1e-5);
  });
}

int64_t tensors_of(const StageMemory& m) {
  return m.sum() - m.other;
}

void check_training(const Case& c, int64_t num_rows, int64_t length) {
  const auto rows = rows_of(num_rows, length);
  const MicroBatch batch = largest_micro_batch(sizes_of(rows), c.settings, Seed(1));
  const StageMemory estimate = training_memory("SFT", network_of(c), batch, c.settings);
  const double real = static_cast<double>(measured_step(c, rows));
  INFO("MiB: weights ", estimate.weights >> 20, ", optimizer ", estimate.optimizer >> 20, ", gradients ",
       estimate.gradients >> 20, ", activations ", estimate.activations >> 20);
  CHECK(static_cast<double>(tensors_of(estimate)) == doctest::Approx(real).epsilon(0.07));
}

}  // namespace

TEST_CASE("training: all weights, in both dtypes, one micro-batch and several") {
  for (const at::ScalarType compute : {at::kBFloat16, at::kFloat})
    for (const int64_t micro_batch_tokens : {4096, 1024}) {
      CAPTURE(c10::toString(compute));
      CAPTURE(micro_batch_tokens);
      Case c{.compute = compute};
      c.settings.micro_batch_tokens = micro_batch_tokens;
      check_training(c, 32, 256);
    }
}

TEST_CASE("training: few tokens, so that gradients outweigh activations") {
  check_training({.settings = {.train_batch_size = 2}}, 4, 32);
}

TEST_CASE("training: gradient checkpointing") {
  for (const at::ScalarType compute : {at::kBFloat16, at::kFloat})
    check_training({.compute = compute, .settings = {.train_batch_size = 16, .gradient_checkpointing = true}},
                   32, 256);
}

TEST_CASE("training: adapters, with and without dropout") {
  for (const double dropout : {0.0, 0.1})
    check_training({.lora = {.r = 16, .lora_dropout = dropout}}, 32, 256);
}

TEST_CASE("training: residual dropout keeps its zeros") {
  check_training({.settings = {.train_batch_size = 16, .dropout = 0.1}}, 32, 256);
}

TEST_CASE("training: what rows begin with in common is held once") {
  const Case c;
  const auto rows = rows_of(16, 256, /*shared=*/128), apart = rows_of(16, 256);
  const auto estimated = [&](const std::vector<SftRow>& of) {
    const MicroBatch batch = largest_micro_batch(sizes_of(of), c.settings, Seed(1));
    return static_cast<double>(tensors_of(training_memory("SFT", network_of(c), batch, c.settings)));
  };
  CHECK(estimated(rows) == doctest::Approx(static_cast<double>(measured_step(c, rows))).epsilon(0.07));
  CHECK(estimated(rows) < 0.85 * estimated(apart));
}

TEST_CASE("the reference pass") {
  const Case c;
  std::vector<DpoRow> rows;
  for (const SftRow& row : rows_of(16, 256)) rows.push_back({row.prompt, row.response, row.response});
  const int64_t real =
      measured(c, [&](CausalLM& model) { reference_log_probs(model, rows, {.train = c.settings}); });
  const MicroBatch batch = largest_micro_batch(sizes_of(rows), c.settings, Seed(1));
  CHECK(static_cast<double>(tensors_of(reference_memory(network_of(c), batch))) ==
        doctest::Approx(static_cast<double>(real)).epsilon(0.07));
}

TEST_CASE("the KV cache: a small job touches few of its pages, a large one is bounded") {
  const Network network = network_of(Case{.compute = at::kFloat});
  const auto cache = [&](int64_t slots) {
    return generation_memory("candidates", network, {4096, 64, slots, 65536}).kv_cache;
  };
  // 6 layers of keys and values with 2 heads of 32 floats; 2 MiB more for each tensor's huge pages
  CHECK(cache(65536) == int64_t{6} * 2 * 65536 * 2 * 32 * 4);
  CHECK(cache(1024) == int64_t{6} * 2 * (1024 * 2 * 32 * 4 + (2 << 20)));
}

TEST_CASE("the largest micro-batch is within its budget, and unknown rows fill it") {
  TrainSettings settings{.train_batch_size = 8, .micro_batch_tokens = 1000};
  const MicroBatch known = largest_micro_batch(sizes_of(rows_of(64, 300)), settings, Seed(1));
  CHECK(known.tokens == 3 * 299);  // nothing is predicted from a last token
  CHECK(known.targets == 450);
  CHECK(known.several);
  const MicroBatch unknown = full_micro_batch({300, 150}, settings);
  CHECK(unknown.tokens == 1000);
  CHECK(unknown.targets == 500);
  CHECK(full_micro_batch({3000, 1500}, settings).tokens == 3000);  // one row is a micro-batch at least
  settings.train_batch_size = 2;
  CHECK_FALSE(full_micro_batch({300, 150}, settings).several);
}

TEST_CASE("generation holds its prompts' shared parts once") {
  const TokenIds rubric(320, 7);
  std::vector<TokenIds> prompts(4, rubric);
  for (size_t i = 0; i < prompts.size(); ++i)
    prompts[i].insert(prompts[i].end(), 32, static_cast<int64_t>(i + 10));
  const GenerationLoad load = generation_load({prompts, 4, 2, 40}, {});
  CHECK(load.slots == 320 + 4 * 32 + 8 * 64);
  CHECK(load.step_tokens == 320 + 4 * 32);
  CHECK(load.drawn == 8);
}

TEST_CASE("the table says which stage does not fit and what to lower") {
  const StageMemory sft{.stage = "SFT", .weights = 10 << 20, .optimizer = 20 << 20, .activations = 90 << 20};
  const std::string table = memory_table({sft}, {100 << 20, 200 << 20});
  CHECK(table.find("120  TOO LITTLE: lower micro_batch_tokens") != std::string::npos);
  CHECK(memory_table({sft}, {200 << 20, 200 << 20}).find("120  OK") != std::string::npos);
}
