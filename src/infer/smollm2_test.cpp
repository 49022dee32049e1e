// A real model end to end: the GGUF file of SmolLM2-135M-Instruct (scripts/fetch-smollm2) becomes a
// checkpoint whose chat text, ids, logits and greedy replies are those of transformers
// (tests/fixtures/smollm2 has the script and versions).
#include <doctest/doctest.h>

#include "infer/generator.h"
#include "model/gguf/gguf.h"
#include "model/gguf/import.h"
#include "model/ops/log_probs.h"
#include "model/policy/causal_lm.h"

using namespace selfreward;
using torch::Tensor;

namespace {

fs::path gguf_path() {
  if (const char* given = std::getenv("SELFREWARD_SMOLLM2_GGUF")) return given;
  const char* cache = std::getenv("SELFREWARD_CACHE");
  const char* home = std::getenv("HOME");
  const fs::path root = cache ? fs::path(cache) : fs::path(home ? home : ".") / ".cache/selfreward";
  return root / "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
}

/// The imported checkpoint in float32, or an empty path (with a printed reason) where the file is not there.
fs::path imported() {
  if (!fs::exists(gguf_path())) {
    MESSAGE("skipped: ", gguf_path().string(), " is absent; scripts/fetch-smollm2 gets it");
    return {};
  }
  const fs::path dir = fs::temp_directory_path() / "selfreward_smollm2_test";
  if (!fs::exists(dir / "config.json")) import_gguf(gguf_path(), dir, "float32");
  return dir;
}

Json cases() {
  return read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/smollm2/logits.json")["cases"];
}

Tensor hidden_of(const Policy& policy, const TokenIds& ids) {
  TokenTree tree;
  tree.add(kNoParent, ids);
  return policy.model().hidden_states(tree_batch(tree, at::kCPU));
}

double answer_mean_log_prob(const Policy& policy, const Json& golden) {
  const at::NoGradGuard no_grad;
  TokenIds ids = golden["ids"].get<TokenIds>();
  const auto answer = golden["answer_ids"].get<TokenIds>();
  const int64_t first = std::ssize(ids) - 1;
  ids.insert(ids.end(), answer.begin(), answer.end());
  const Tensor hidden = hidden_of(policy, ids).narrow(0, first, std::ssize(answer));
  return token_log_probs(hidden, policy.model().output_weight(), torch::tensor(answer, at::kLong))
      .mean()
      .item<double>();
}

}  // namespace

TEST_CASE("SmolLM2's chat text, ids and float32 logits equal transformers'") {
  const fs::path dir = imported();
  if (dir.empty()) return;
  const at::NoGradGuard no_grad;
  const Policy policy = Policy::load(dir, {.device = "cpu", .dtype = "float32"});
  for (const Json& golden : cases()) {
    const auto messages = golden["messages"].get<Conversation>();
    CHECK(policy.chat().render(messages, true) == golden["text"].get<std::string>());
    const TokenIds ids = policy.chat().prompt_ids(messages);
    CHECK(ids == golden["ids"].get<TokenIds>());
    const Tensor logits = policy.model().logits(hidden_of(policy, ids).narrow(0, std::ssize(ids) - 1, 1))[0];
    for (const char* part : {"top", "samples"})
      for (size_t i = 0; i < golden["float32"][part]["ids"].size(); ++i) {
        const double ours = logits[golden["float32"][part]["ids"][i].get<int64_t>()].item<double>();
        CHECK(std::abs(ours - golden["float32"][part]["logits"][i].get<double>()) < 5e-4);
      }
    CHECK(std::abs(answer_mean_log_prob(policy, golden) -
                   golden["float32"]["answer_mean_log_prob"].get<double>()) < 1e-4);
  }
}

TEST_CASE("SmolLM2's greedy replies equal transformers'") {
  const fs::path dir = imported();
  if (dir.empty()) return;
  Policy policy = Policy::load(dir, {.device = "cpu", .dtype = "float32"});
  Generator generator(policy, {.max_cache_tokens = 4096});
  for (const Json& golden : cases()) {
    auto expected = golden["float32"]["greedy"]["ids"].get<TokenIds>();
    const auto stop =
        std::find_if(expected.begin(), expected.end(), [&](int64_t id) { return policy.chat().is_stop(id); });
    if (stop != expected.end()) expected.erase(stop + 1, expected.end());
    const auto made =
        generator.generate({{golden["ids"].get<TokenIds>(), 1, Seed(1)}},
                           SamplingSettings{.max_new_tokens = std::ssize(expected), .temperature = 0});
    CHECK(made[0][0].ids == expected);
  }
}

TEST_CASE("in bfloat16 SmolLM2 is as near to float32 as transformers' own bfloat16") {
  const fs::path dir = imported();
  if (dir.empty()) return;
  const Policy policy = Policy::load(dir, {.device = "cpu", .dtype = "bfloat16"});
  for (const Json& golden : cases()) {
    const double exact = golden["float32"]["answer_mean_log_prob"],
                 theirs = golden["bfloat16"]["answer_mean_log_prob"];
    CHECK(std::abs(answer_mean_log_prob(policy, golden) - exact) <
          std::max(0.05, 2 * std::abs(theirs - exact)));
  }
}
