// LoRA against peft: tests/fixtures/lora is made by tests/golden/make_lora_golden.py.
#include "model/policy/lora.h"

#include "model/families/config_json.h"
#include "model/policy/shapes.h"
#include "support/golden_training.h"
#include "support/scratch.h"
#include "train/dpo.h"
#include "train/sft.h"

using namespace selfreward;
using torch::Tensor;

namespace {

const fs::path kLora = kFixtures / "lora";

Json golden_lora() {
  return read_json(kLora / "golden.json");
}

Policy load(const fs::path& dir, const std::string& dtype = "float32") {
  return Policy::load(dir, {.device = "cpu", .dtype = dtype});
}

double difference(const Tensor& logits, const Json& expected) {
  double largest = 0;
  for (size_t row = 0; row < expected.size(); ++row) {
    const Tensor wanted = torch::tensor(expected[row].get<std::vector<double>>(), at::kDouble);
    largest = std::max(largest, (logits[static_cast<int64_t>(row)] - wanted).abs().max().item<double>());
  }
  return largest;
}

std::vector<SftRow> rows_of(const Json& golden) {
  std::vector<SftRow> rows;
  for (const Json& row : golden["rows"])
    rows.push_back({row["prompt"].get<TokenIds>(), row["response"].get<TokenIds>()});
  return rows;
}

TrainSettings ten_steps() {
  TrainSettings settings;
  settings.learning_rate = 1e-3;
  settings.lr_scheduler_type = "linear";
  settings.min_lr_rate = 0;
  settings.fill_last_batch = true;  // the golden steps go round the rows
  settings.train_batch_size = 4;
  settings.max_steps = 10;
  settings.adam_beta2 = 0.999;
  return settings;
}

/// The adapter's gradients after one step's rows.
std::map<std::string, Tensor> gradients_of(Policy& policy, bool recompute, const TrainSettings& settings) {
  policy.model().recompute_layers(recompute);
  const AdamW optimizer(policy.model(), settings);
  accumulate_sft(policy.model(), rows_of(golden_lora()), {/*number=*/0, {0, 1, 2, 3}, Seed(1)}, settings);
  std::map<std::string, Tensor> gradients;
  for (const auto& [name, parameter] : policy.model().trainable_parameters())
    gradients[name] = parameter.grad().clone();
  for (const auto& item : policy.model().named_parameters())
    CHECK_MESSAGE((gradients.contains(item.key()) || !item.value().grad().defined()), item.key());
  return gradients;
}

}  // namespace

TEST_CASE("an adapter of peft gives peft's logits, and merged the same") {
  Policy policy = load(kLora);
  CHECK(policy.model().adapter()->r == 4);
  CHECK(difference(logits_of(policy.model(), golden_lora()), golden_lora()["logits"]) < 2e-5);
  {
    const InferenceScope packed(policy.model());  // merges while it lives
    CHECK(difference(logits_of(policy.model(), golden_lora()), golden_lora()["logits"]) < 2e-5);
  }
  const fs::path dir = scratch_dir("merged");
  merge_adapter(kLora, dir, "float32");
  const Policy merged = load(dir);
  CHECK(!merged.model().adapter());
  CHECK(difference(logits_of(merged.model(), golden_lora()), golden_lora()["merged_logits"]) < 2e-5);
  CHECK(difference(logits_of(load(kFixtures / "tiny_llama").model(), golden_lora()),
                   golden_lora()["base_logits"]) < 2e-5);
}

TEST_CASE("ten steps of SFT change the adapter as peft's do, and nothing else") {
  Policy policy = load(kLora);
  const Policy untrained = load(kLora);
  const TrainingFiles files = scratch_training("lora");
  train_sft(policy.model(), rows_of(golden_lora()), ten_steps(), {Seed(1), files, "test", /*shuffle=*/false});
  check_steps(files, golden_lora()["steps"], {"loss"}, 2e-5);
  CHECK(difference(logits_of(policy.model(), golden_lora()), golden_lora()["trained_logits"]) < 2e-4);
  const auto before = untrained.model().named_parameters();
  for (const auto& item : policy.model().named_parameters())
    if (item.key().find("lora_") == std::string::npos) CHECK(item.value().equal(before[item.key()]));

  const fs::path dir = scratch_dir("saved");
  policy.save(dir, "auto");
  CHECK(!fs::exists(dir / "model.safetensors"));
  CHECK(fs::exists(dir / "tokenizer.json"));
  const Json config = read_json(dir / "adapter_config.json"),
             source = read_json(kLora / "adapter_config.json");
  for (const auto& [key, value] : config.items())
    if (key != "base_model_name_or_path" && key != "target_modules") CHECK_MESSAGE(source[key] == value, key);
  CHECK(logits_of(load(dir).model(), golden_lora()).equal(logits_of(policy.model(), golden_lora())));
}

TEST_CASE("gradients reach the adapters below a frozen embedding, recomputed layers or not") {
  for (const char* dtype : {"float32", "bfloat16"}) {
    INFO(dtype);
    Policy kept = load(kLora, dtype), recomputed = load(kLora, dtype);
    const auto expected = gradients_of(kept, false, ten_steps());
    const auto found = gradients_of(recomputed, true, ten_steps());
    REQUIRE(expected.size() == found.size());
    for (const auto& [name, gradient] : expected) {
      INFO(name);
      CHECK(gradient.abs().max().item<double>() > 0);
      CHECK(gradient.equal(found.at(name)));
    }
  }
}

TEST_CASE("dropout of what adapters read changes training and is the same twice") {
  Json config = read_json(kLora / "adapter_config.json");
  config["lora_dropout"] = 0.5;
  config["base_model_name_or_path"] = (kFixtures / "tiny_llama").string();
  const fs::path dir = scratch_dir("dropout");
  write_file_atomically(dir / "adapter_config.json", config.dump());
  fs::copy_file(kLora / "adapter_model.safetensors", dir / "adapter_model.safetensors");
  Policy a = load(dir), b = load(dir), without = load(kLora);
  const auto first = gradients_of(a, false, ten_steps()), second = gradients_of(b, true, ten_steps()),
             plain = gradients_of(without, false, ten_steps());
  for (const auto& [name, gradient] : first) {
    INFO(name);
    CHECK(gradient.equal(second.at(name)));
    CHECK(!gradient.equal(plain.at(name)));
  }
}

TEST_CASE("a new adapter changes nothing, and DPO begins at log 2 with the policy as its own reference") {
  Policy policy = load(kFixtures / "tiny_llama");
  const Tensor before = logits_of(policy.model(), golden_lora());
  policy.begin_training({.r = 2}, 5);
  CHECK(logits_of(policy.model(), golden_lora()).equal(before));
  CHECK(policy.model().trainable_parameters().size() ==
        static_cast<size_t>(policy.config().num_hidden_layers * 7 * 2));
  const std::vector<DpoRow> rows = {{{5, 6, 7}, {8, 9}, {10, 11, 12}}, {{5, 7}, {9, 9, 4}, {3}}};
  const Reference reference =
      reference_log_probs(policy.model(), rows, {.train = {.micro_batch_tokens = 100}});
  DpoSettings settings;
  settings.train = ten_steps();
  settings.train.train_batch_size = 2;
  const TrainingFiles files = scratch_training("lora_dpo");
  train_dpo(policy.model(), {rows, reference}, {}, settings, {Seed(1), files, "test"});
  const auto lines = read_lines(files.metrics());
  CHECK(Json::parse(lines.front())["loss"].get<double>() == doctest::Approx(std::log(2)).epsilon(1e-6));
  CHECK(Json::parse(lines.back())["rewards/margins"].get<double>() > 0);
}

TEST_CASE("what is not built, not named or not there is an error") {
  const auto error_with = [](const std::string& key, const Json& value) -> std::string {
    Json config = read_json(kLora / "adapter_config.json");
    config[key] = value;
    if (key != "base_model_name_or_path")
      config["base_model_name_or_path"] = (kFixtures / "tiny_llama").string();
    const fs::path dir = scratch_dir("broken");
    write_file_atomically(dir / "adapter_config.json", config.dump());
    fs::copy_file(kLora / "adapter_model.safetensors", dir / "adapter_model.safetensors");
    try {
      load(dir);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  const std::tuple<const char*, Json, const char*> cases[] = {
      {"use_dora", true, "use_dora is true"},
      {"bias", "all", "bias is \"all\""},
      {"modules_to_save", {"lm_head"}, "modules_to_save is"},
      {"rank_pattern", {{"q_proj", 8}}, "rank_pattern is"},
      {"r", 8, "lora_A.weight\" is [4,32], expected [8,32]"},
      {"target_modules", {"q_proj", "v_proj"}, "down_proj.lora_A.weight\", which has no place"},
      {"target_modules",
       {"q_proj", "v_proj", "down_proj", "o_proj"},
       "has no \"base_model.model.model.layers.0"},
      {"target_modules", {"wq"}, "no matrix of the model is called \"wq\""},
      {"target_modules", 3, "target_modules is 3"},
      {"base_model_name_or_path", "meta-llama/Llama-3.2-1B", "base_model_name_or_path is \"meta-llama"}};
  for (const auto& [key, value, message] : cases) {
    const std::string error = error_with(key, value);
    CAPTURE(error);
    CHECK(error.find(message) != std::string::npos);
  }
  for (const char* key : {"modules_to_save", "layers_to_transform", "rank_pattern", "exclude_modules"})
    for (const Json& nothing : {Json(), Json::array(), Json::object()})
      CHECK(error_with(key, nothing) == "no error");
  for (const char* key : {"use_dora", "bias", "init_lora_weights", "lora_dropout", "use_rslora"})
    CHECK(error_with(key, nullptr) == "no error");
  CHECK(error_with("target_modules", ".*\\.(q_proj|v_proj|down_proj)") == "no error");
}

TEST_CASE("all-linear beside a name is all matrices, and peft is told so") {
  const ModelConfig config = load_model_config(kFixtures / "tiny_llama");
  const LoraSettings all{.r = 2}, both{.r = 2, .target_modules = {"q_proj", "all-linear"}};
  CHECK(adapter_sizes(config, both).parameters == adapter_sizes(config, all).parameters);
  CHECK(adapter_config_json(both, "base")["target_modules"] == "all-linear");
  CHECK_THROWS_WITH_AS(adapter_sizes(config, {.r = 2, .target_modules = {"all-linear", "wq"}}),
                       doctest::Contains("no matrix of the model is called \"wq\""), Error);
}
