#include "infer/running_batch.h"

#include <doctest/doctest.h>

#include <cmath>

#include "infer/generator.h"
#include "model/policy/causal_lm.h"
#include "model/policy/checkpoint.h"
#include "model/policy/policy.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Policy load_tiny() {
  return Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
}

/// What a request made: its samples' ids, and the scores of its prompt and first sample.
struct Made {
  std::vector<TokenIds> samples;
  std::vector<TokenScore> scores, prompt_scores;
};

/// A request that goes on to its last token, whatever is drawn.
RunningRequest recorded(Made& made, TokenIds prompt, uint64_t seed, const SamplingSettings& sampling,
                        int64_t num_samples = 1) {
  made.samples.resize(static_cast<size_t>(num_samples));
  const auto on_token = [&made](Sequence& sequence) {
    made.samples[static_cast<size_t>(sequence.sample)] = sequence.ids;
    if (sequence.sample == 0 && sequence.score) made.scores.push_back(*sequence.score);
    sequence.done = std::ssize(sequence.ids) >= sequence.max_tokens;
  };
  return {std::move(prompt), num_samples, Seed(seed), sampling, on_token, std::nullopt, nullptr};
}

SamplingSettings drawing(int64_t max_new_tokens, double temperature) {
  return {.max_new_tokens = max_new_tokens, .temperature = temperature};
}

/// A network whose vocabulary has a hundred rows more than the tokenizer has tokens.
Policy load_padded() {
  const fs::path dir = scratch_dir();
  ModelConfig config = load_tiny().config();
  config.vocab_size += 100;
  config.source["vocab_size"] = config.vocab_size;
  CausalLM padded(config, at::kFloat);
  padded.initialize(/*seed=*/3, /*std=*/0.3);
  NamedTensors weights;
  for (const auto& item : padded.named_parameters()) weights.emplace_back(item.key(), item.value().detach());
  write_checkpoint(dir, read_side_files(kTinyLlama), config, weights, at::kFloat);
  return Policy::load(dir, {.device = "cpu", .dtype = "float32"});
}

const TokenIds kPrompt = {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22};

TokenIds prompt_with(int64_t last) {
  TokenIds prompt = kPrompt;
  prompt.push_back(last);
  return prompt;
}

/// Each request in a batch of its own.
std::vector<TokenIds> alone(Generator& generator, const TokenIds& prompt, uint64_t seed,
                            const SamplingSettings& sampling, int64_t num_samples = 1) {
  Made made;
  RunningBatch batch = generator.new_batch();
  batch.add({recorded(made, prompt, seed, sampling, num_samples)});
  while (!batch.idle()) batch.step();
  return made.samples;
}

}  // namespace

TEST_CASE("a request that joins a running batch gets what it gets alone, each with its own settings") {
  Policy policy = load_tiny();
  for (const int64_t pages : {4096, 12}) {
    Generator generator(policy, {.max_batch_size = 5, .max_cache_tokens = pages * kPageSlots});
    std::vector<Made> made(6);
    RunningBatch batch = generator.new_batch();
    const auto sampling = [](int64_t i) { return drawing(10 + 7 * i, i % 2 ? 0.9 : 0.0); };
    for (int64_t i = 0; i < 6; ++i) {
      batch.add({recorded(made[static_cast<size_t>(i)], prompt_with(30 + i % 2), static_cast<uint64_t>(i),
                          sampling(i), 1 + i % 3)});
      for (int64_t n = 0; n < i; ++n) batch.step();
    }
    while (!batch.idle()) batch.step();
    for (int64_t i = 0; i < 6; ++i) {
      const auto& samples = made[static_cast<size_t>(i)].samples;
      CHECK(samples ==
            alone(generator, prompt_with(30 + i % 2), static_cast<uint64_t>(i), sampling(i), 1 + i % 3));
      CHECK(std::ssize(samples[0]) == 10 + 7 * i);
    }
  }
}

TEST_CASE("requests that are cancelled give their room back and change nothing for the others") {
  Policy policy = load_tiny();
  Generator generator(policy, {.max_cache_tokens = 8 * kPageSlots});
  RunningBatch batch = generator.new_batch();
  for (int round = 0; round < 20; ++round) {  // room that is lost would be missing soon
    Made kept, live, waiting, unadmitted;
    const auto sampling = drawing(60, 0.8);
    batch.add({recorded(kept, prompt_with(40), 1, sampling)});
    const int64_t first = batch.add({recorded(live, prompt_with(40), 2, sampling, 2),
                                     recorded(waiting, prompt_with(41), 3, sampling, 4)});
    for (int n = 0; n < 7; ++n) batch.step();
    const int64_t late = batch.add({recorded(unadmitted, prompt_with(42), 4, sampling, 3)});
    batch.cancel(late);
    batch.cancel(first);
    batch.step();
    batch.cancel(first + 1);
    batch.cancel(first + 1);  // gone already
    while (!batch.idle()) batch.step();
    CHECK(unadmitted.samples[0].empty());
    CHECK(live.samples[0].size() < 60);
    CHECK(kept.samples == alone(generator, prompt_with(40), 1, sampling));
  }
}

TEST_CASE("scores are log softmax of the full forward, for the prompt and for drawn tokens") {
  Policy policy = load_tiny();
  Generator generator(policy, {});
  Made made, beside;
  RunningRequest request = recorded(made, kPrompt, 7, drawing(6, 1.3));
  request.top_scores = 3;
  request.on_prompt = [&](std::vector<TokenScore> scores) { made.prompt_scores = std::move(scores); };
  RunningBatch batch = generator.new_batch();
  batch.add({recorded(beside, prompt_with(9), 1, drawing(9, 0)), std::move(request)});
  while (!batch.idle()) batch.step();

  TokenIds ids = kPrompt;
  ids.insert(ids.end(), made.samples[0].begin(), made.samples[0].end());
  TokenTree tree;
  tree.add(kNoParent, ids);
  const at::NoGradGuard no_grad;
  const torch::Tensor expected =
      policy.model().logits(policy.model().hidden_states(tree_batch(tree, at::kCPU))).log_softmax(-1);
  std::vector<TokenScore> scores = made.prompt_scores;
  scores.insert(scores.end(), made.scores.begin(), made.scores.end());
  REQUIRE(scores.size() == ids.size() - 1);
  for (size_t i = 0; i < scores.size(); ++i) {
    const torch::Tensor row = expected[static_cast<int64_t>(i)];
    CHECK(scores[i].id == ids[i + 1]);
    CHECK(std::abs(scores[i].log_prob - row[scores[i].id].item<double>()) < 1e-4);
    const auto [top, top_ids] = row.topk(3);
    REQUIRE(scores[i].top.size() == 3);
    for (int64_t n = 0; n < 3; ++n) {
      CHECK(scores[i].top[static_cast<size_t>(n)].first == top_ids[n].item<int64_t>());
      CHECK(std::abs(scores[i].top[static_cast<size_t>(n)].second - top[n].item<double>()) < 1e-4);
    }
  }
}

TEST_CASE("rows of the vocabulary that have no token are never drawn") {
  Policy policy = load_padded();
  Generator generator(policy, {});
  for (const double temperature : {0.0, 3.0}) {
    Made made;
    RunningRequest request = recorded(made, kPrompt, 7, drawing(40, temperature));
    request.top_scores = 20;
    request.on_prompt = [&](std::vector<TokenScore> scores) { made.prompt_scores = std::move(scores); };
    RunningBatch batch = generator.new_batch();
    batch.add({std::move(request)});
    while (!batch.idle()) batch.step();
    for (const auto* scores : {&made.scores, &made.prompt_scores})
      for (const TokenScore& score : *scores)
        for (const auto& [id, log_prob] : score.top) CHECK(policy.tokenizer().has_token(id));
    for (const int64_t id : made.samples[0]) CHECK(policy.tokenizer().has_token(id));
    CHECK(made.samples[0].size() == 40);
  }
}

TEST_CASE("samples of one prompt get the scores of the whole vocabulary, also from a row that they share") {
  Policy policy = load_padded();
  Generator generator(policy, {});
  std::vector<double> first(8);  // log-probs of each sample's first token
  RunningRequest request{kPrompt,
                         8,
                         Seed(1),
                         drawing(1, 0),
                         [&](Sequence& sequence) {
                           first[static_cast<size_t>(sequence.sample)] = sequence.score->log_prob;
                           sequence.done = true;
                         },
                         0,
                         nullptr};
  RunningBatch batch = generator.new_batch();
  batch.add({std::move(request)});
  while (!batch.idle()) batch.step();

  TokenTree tree;
  tree.add(kNoParent, kPrompt);
  const at::NoGradGuard no_grad;
  const torch::Tensor logits =
      policy.model().logits(policy.model().hidden_states(tree_batch(tree, at::kCPU)))[-1];
  const int64_t tokens = policy.tokenizer().vocab_size();
  const double wanted = logits.log_softmax(-1).narrow(0, 0, tokens).max().item<double>();
  for (const double log_prob : first) CHECK(std::abs(log_prob - wanted) < 1e-4);
}

TEST_CASE("a prompt that is longer than a step's prefill joins while others are decoded") {
  const Policy tiny = load_tiny();
  ModelConfig config = tiny.config();
  config.max_position_embeddings = config.source["max_position_embeddings"] = 2 * kMaxPrefillTokens;
  NamedTensors weights;
  for (const auto& item : tiny.model().named_parameters())
    weights.emplace_back(item.key(), item.value().detach());
  const fs::path dir = scratch_dir();
  write_checkpoint(dir, read_side_files(kTinyLlama), config, weights, at::kFloat);

  Policy policy = Policy::load(dir, {.device = "cpu", .dtype = "float32"});
  Generator generator(policy, {});
  Made busy, long_prompt;
  RunningBatch batch = generator.new_batch();
  batch.add({recorded(busy, kPrompt, 1, drawing(50, 1))});
  batch.step();
  batch.step();
  batch.add({recorded(long_prompt, TokenIds(kMaxPrefillTokens + 100, 9), 2, drawing(2, 1))});
  batch.step();
  CHECK(long_prompt.samples[0].size() == 1);
  CHECK(busy.samples[0].size() < 50);
}

TEST_CASE("a prompt without room in the context is an error with both numbers") {
  Policy policy = load_tiny();
  Generator generator(policy, {});
  Made made;
  RunningBatch batch = generator.new_batch();
  const auto length = static_cast<size_t>(policy.config().max_position_embeddings);
  CHECK_THROWS_WITH_AS(batch.add({recorded(made, TokenIds(length, 5), 1, drawing(2, 0))}),
                       doctest::Contains("max_position_embeddings"), Error);
  CHECK(batch.idle());
}
