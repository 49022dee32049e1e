// Every family of checkpoints against transformers: tests/fixtures/families.json is made by
// tests/golden/make_family_golden.py.
#include <cmath>
#include <cstdlib>

#include "model/families/config_json.h"
#include "model/policy/checkpoint.h"
#include "model/policy/shapes.h"
#include "support/golden_training.h"
#include "support/scratch.h"
#include "train/sft.h"

using namespace selfreward;
using torch::Tensor;

namespace {

const Json& golden() {
  static const Json json = read_json(kFixtures / "families.json");
  return json;
}

uint64_t mixed(uint64_t x) {  // splitmix64
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// The golden script's weight(): a pure function of name and index.
Tensor weight(const std::string& name, const std::vector<int64_t>& shape, bool is_gemma) {
  uint64_t key = 0xCBF29CE484222325ULL;
  for (const char byte : name) key = (key ^ static_cast<uint8_t>(byte)) * 0x100000001B3ULL;
  const bool matrix = shape.size() == 2;
  const double width = matrix ? 1.5 / std::sqrt(static_cast<double>(shape[1])) : 0.2;
  const double base = matrix || name.ends_with("bias") || is_gemma ? 0 : 1;
  const Tensor made = at::empty(shape, at::kFloat);
  for (int64_t i = 0; i < made.numel(); ++i) {
    const auto bits = static_cast<double>(mixed(key + static_cast<uint64_t>(i)) >> 40);
    made.data_ptr<float>()[i] = static_cast<float>(base + width * (bits / (1 << 23) - 1));
  }
  return made;
}

ModelConfig config_of(const Json& sample) {
  const fs::path dir = scratch_dir("config");
  write_file_atomically(dir / "config.json", sample["config"].dump());
  return load_model_config(dir);
}

CausalLM model_of(const Json& sample, torch::Dtype compute) {
  const ModelConfig config = config_of(sample);
  TensorMap tensors;
  for (const auto& [name, shape] : tensor_shapes(config))
    tensors[name] = weight(name, shape, config.model_type.starts_with("gemma"));
  CausalLM model(config, compute);
  load_tensors(model, tensors, sample["name"]);
  return model;
}

Tensor expected_logits(const Json& sample) {
  std::vector<Tensor> rows;
  for (const Json& row : sample["logits"])
    rows.push_back(torch::tensor(row.get<std::vector<double>>(), at::kDouble));
  return at::stack(rows);
}

double largest(const Tensor& difference) {
  return difference.abs().max().item<double>();
}

/// A line for tests/compatibility.py, where it asks for it.
void report(const Json& sample, Json measured) {
  const char* file = std::getenv("SELFREWARD_COMPATIBILITY");
  if (!file) return;
  measured["name"] = sample["name"];
  AppendLog(file).append(measured.dump() + "\n");
}

}  // namespace

TEST_CASE("logits of every family equal transformers'") {
  for (const Json& sample : golden()["cases"]) {
    INFO(sample["name"].get<std::string>());
    const Tensor expected = expected_logits(sample);
    const double difference = largest(logits_of(model_of(sample, at::kFloat), sample) - expected);
    CHECK(difference < 1e-4);
    const Json& half = sample["bfloat16"];  // mean differences between transformers' own ways to compute
    const double bound = std::max(half["eager"].get<double>(), half["sdpa"].get<double>());
    const double mean =
        (logits_of(model_of(sample, at::kBFloat16), sample) - expected).abs().mean().item<double>();
    CHECK(mean < 1.5 * bound);
    CHECK(mean > 0);
    report(sample, {{"float32", difference}, {"bfloat16", mean}, {"own", bound}});
  }
}

TEST_CASE("a tree of branches has the logits of its sequences one by one, in every family") {
  for (const Json& sample : golden()["cases"]) {
    INFO(sample["name"].get<std::string>());
    const at::NoGradGuard no_grad;
    const CausalLM model = model_of(sample, at::kFloat);
    const auto ids = sample["ids"].get<TokenIds>();
    const TokenIds prompt(ids.begin(), ids.begin() + 17), first(ids.begin() + 17, ids.begin() + 30),
        second(ids.begin() + 25, ids.end());
    TokenTree tree;
    const int64_t root = tree.add(kNoParent, prompt);
    tree.add(root, first);
    tree.add(root, second);
    const Tensor together = model.hidden_states(tree_batch(tree, at::kCPU));
    const auto alone = [&](const TokenIds& answer) {
      TokenTree single;
      TokenIds whole = prompt;
      whole.insert(whole.end(), answer.begin(), answer.end());
      single.add(kNoParent, whole);
      return model.hidden_states(tree_batch(single, at::kCPU)).narrow(0, 17, std::ssize(answer));
    };
    CHECK(largest(together.narrow(0, 17, 13) - alone(first)) < 2e-5);
    CHECK(largest(together.narrow(0, 30, 15) - alone(second)) < 2e-5);
  }
}

TEST_CASE("ten steps of SFT equal a plain loop over transformers' model, in every family") {
  for (const Json& sample : golden()["cases"]) {
    INFO(sample["name"].get<std::string>());
    CausalLM model = model_of(sample, at::kFloat);
    std::vector<SftRow> rows;
    for (const Json& row : sample["rows"])
      rows.push_back({row["prompt"].get<TokenIds>(), row["response"].get<TokenIds>()});
    TrainSettings settings = golden_settings(golden()["settings"]);
    settings.micro_batch_tokens = 40;
    const TrainingFiles files = scratch_training("family");
    train_sft(model, rows, settings, {Seed(1), files, "test", /*shuffle=*/false});
    check_steps(files, sample["steps"], {"loss"}, 1e-4);
    double difference = 0;
    const auto lines = read_lines(files.metrics());
    for (size_t i = 0; i < lines.size(); ++i) {
      const double loss = sample["steps"][i]["loss"];
      difference = std::max(difference, std::abs(Json::parse(lines[i])["loss"].get<double>() - loss) / loss);
    }
    report(sample, {{"sft", difference}});
  }
}

TEST_CASE("a saved checkpoint is the one that was loaded, config.json included") {
  for (const Json& sample : golden()["cases"]) {
    INFO(sample["name"].get<std::string>());
    const CausalLM model = model_of(sample, at::kFloat);
    NamedTensors tensors;
    for (const auto& item : model.named_parameters()) tensors.emplace_back(item.key(), item.value().detach());
    const fs::path dir = scratch_dir("saved");
    write_checkpoint(dir, SideFiles{}, model.config(), tensors, at::kFloat);
    const Json saved = read_json(dir / "config.json");
    for (const auto& [key, value] : sample["config"].items())
      if (key != "dtype") CHECK_MESSAGE(saved[key] == value, key);
    CausalLM again(load_model_config(dir), at::kFloat);
    load_tensors(again, read_checkpoint_tensors(dir), "saved");
    CHECK(logits_of(again, sample).equal(logits_of(model, sample)));
  }
}
