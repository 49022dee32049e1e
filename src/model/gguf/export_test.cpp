#include "model/gguf/export.h"

#include <doctest/doctest.h>

#include <set>

#include "model/files/checkpoint.h"
#include "model/gguf/file.h"
#include "model/gguf/gguf.h"
#include "model/gguf/import.h"
#include "model/gguf/quants.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const fs::path kFixtures = SELFREWARD_SOURCE_DIR "/tests/fixtures/gguf";

/// tests/golden/make_gguf_families_golden.py: what llama.cpp's converter writes for each family.
const Json& families() {
  static const Json json = read_json(kFixtures / "families.json");
  return json;
}

/// A weight of the golden models: 0, 1/64, ..., 96/64, 0, ...
at::Tensor pattern(const std::vector<int64_t>& shape) {
  int64_t size = 1;
  for (const int64_t length : shape) size *= length;
  return ((at::arange(size) % 97).to(at::kFloat) / 64).reshape(shape);
}

double weighted_sum(const at::Tensor& weight) {
  return (weight.flatten().to(at::kDouble) * (at::arange(weight.numel()) % 89)).sum().item<double>();
}

NamedTensors golden_weights(const Json& golden) {
  NamedTensors weights;
  for (const auto& [name, shape] : golden["weights"].items())
    if (name != "lm_head.weight" || !golden["config"]["tie_word_embeddings"].get<bool>())
      weights.emplace_back(name, pattern(shape.get<std::vector<int64_t>>()));
  return weights;
}

/// The tokenizer of tiny.gguf; its 22 tokens are fewer than the models' 40.
SideFiles tiny_tokenizer() {
  const GgufFile tiny = read_gguf(kFixtures / "tiny.gguf");
  return gguf_tokenizer_files(tiny, gguf_config(tiny));
}

/// The same tokens as SentencePiece pieces; the later a token, the lower its score.
SideFiles tiny_pieces(bool space_prefix) {
  GgufFile file = read_gguf(kFixtures / "tiny.gguf");
  Json scores = Json::array();
  for (int i = 0; i < 22; ++i) scores.push_back(-i);
  file.metadata["tokenizer.ggml.model"] = "llama";
  file.metadata["tokenizer.ggml.scores"] = scores;
  file.metadata["tokenizer.ggml.add_space_prefix"] = space_prefix;
  return gguf_tokenizer_files(file, gguf_config(file));
}

/// The golden model as a checkpoint directory.
fs::path write_golden(const Json& golden, const Json& changed = Json::object(),
                      SideFiles files = tiny_tokenizer()) {
  const fs::path dir = scratch_dir("golden");
  Json config = golden["config"];
  config.update(changed);
  files["config.json"] = config.dump();
  write_checkpoint_files(dir, files, golden_weights(golden), at::kFloat);
  return dir;
}

std::string export_error(const Json& golden, const Json& changed) {
  try {
    export_gguf(write_golden(golden, changed), scratch("error.gguf"), kGgmlF32);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

void check_tensors(const GgufFile& file, const Json& golden) {
  CHECK(file.tensors.size() == golden["tensors"].size());
  for (const auto& [name, wanted] : golden["tensors"].items()) {
    CAPTURE(name);
    REQUIRE(file.find(name) != nullptr);
    const at::Tensor weight = load_gguf_tensor(file, *file.find(name));
    CHECK(weight.sizes().vec() == wanted[0].get<std::vector<int64_t>>());
    if (!name.starts_with("rope_")) CHECK(weighted_sum(weight) == wanted[1].get<double>());
    if (name.starts_with("rope_"))
      CHECK(weighted_sum(weight) == doctest::Approx(wanted[1].get<double>()).epsilon(1e-6));
  }
}

/// Every key of the converter is there with its value; the others are defaults that llama.cpp knows.
void check_metadata(const GgufFile& file, const Json& golden) {
  for (const auto& [key, wanted] : golden["metadata"].items()) {
    CAPTURE(key);
    REQUIRE(file.metadata.contains(key));
    const Json& found = file.metadata.at(key);
    if (wanted.is_number_float())
      CHECK(found.get<float>() == wanted.get<float>());
    else
      CHECK(found == wanted);
  }
}

/// `imported` says about the network what transformers' own config.json says.
void check_config(const Json& imported, const Json& config) {
  const std::set<std::string> free = {"architectures", "bos_token_id",      "eos_token_id", "pad_token_id",
                                      "use_cache",     "initializer_range", "model_type"};
  for (const auto& [key, value] : imported.items()) {
    CAPTURE(key);
    if (!free.contains(key) && config.contains(key)) CHECK(value == config[key]);
  }
}

}  // namespace

TEST_CASE("every family gets the tensors and metadata that llama.cpp's converter writes") {
  for (const auto& [name, golden] : families().items()) {
    CAPTURE(name);
    const fs::path path = scratch("family.gguf");
    export_gguf(write_golden(golden), path, kGgmlF32);
    const GgufFile file = read_gguf(path);
    check_tensors(file, golden);
    check_metadata(file, golden);
  }
}

TEST_CASE("every family comes back with the same weights and settings") {
  for (const auto& [name, golden] : families().items()) {
    CAPTURE(name);
    const fs::path path = scratch("family.gguf"), dir = scratch_dir("back");
    export_gguf(write_golden(golden), path, kGgmlF32);
    import_gguf(path, dir, "float32");
    const TensorMap weights = read_checkpoint_tensors(dir);
    for (const auto& [weight_name, weight] : golden_weights(golden)) {
      CAPTURE(weight_name);
      REQUIRE(weights.contains(weight_name));
      CHECK(at::equal(weights.at(weight_name), weight));
    }
    check_config(read_json(dir / "config.json"), golden["config"]);
    export_gguf(dir, scratch("again.gguf"), kGgmlF32);
    CHECK(read_file(path) == read_file(scratch("again.gguf")));
  }
}

TEST_CASE("a checkpoint and its tokenizer come back from a GGUF file bit for bit") {
  const fs::path first = scratch_dir("first"), path = scratch("tiny.gguf"), second = scratch_dir("second");
  for (const auto& [dtype, type] :
       {std::pair("float32", kGgmlF32), std::pair("float16", kGgmlF16), std::pair("bfloat16", kGgmlBF16)}) {
    import_gguf(kFixtures / "tiny.gguf", first, dtype);
    export_gguf(first, path, type);
    import_gguf(path, second, dtype);
    for (const auto& entry : fs::directory_iterator(first)) {
      CAPTURE(entry.path().filename().string());
      CHECK(read_file(entry.path()) == read_file(second / entry.path().filename()));
    }
  }
}

TEST_CASE("Q8_0 is for matrices whose rows are whole blocks; others are F16, vectors F32") {
  const fs::path path = scratch("q8.gguf");
  export_gguf(write_golden(families()["llama"]), path, kGgmlQ8_0);
  const GgufFile file = read_gguf(path);
  CHECK(file.find("blk.0.attn_q.weight")->type == kGgmlQ8_0);    // rows of 32
  CHECK(file.find("blk.0.ffn_down.weight")->type == kGgmlF16);   // rows of 48
  CHECK(file.find("blk.0.attn_norm.weight")->type == kGgmlF32);  // a vector
  const at::Tensor close = load_gguf_tensor(file, *file.find("blk.0.ffn_up.weight"));
  CHECK((close - pattern({48, 32})).abs().max().item<float>() <= 1.5f / 127 / 2 * 1.01f);
}

TEST_CASE("ids without a token get a name that import takes away again") {
  const fs::path path = scratch("family.gguf"), dir = scratch_dir("back");
  export_gguf(write_golden(families()["qwen2"]), path, kGgmlBF16);
  CHECK(read_gguf(path).metadata.at("tokenizer.ggml.tokens")[39] == "[PAD39]");
  import_gguf(path, dir, "bfloat16");
  CHECK(read_json(dir / "tokenizer.json") == parse_json(tiny_tokenizer()["tokenizer.json"], "tiny"));
}

TEST_CASE("chat templates with names go to GGUF under them, and come back") {
  SideFiles files = tiny_tokenizer();
  files["chat_template.jinja"] = "usual";
  files["additional_chat_templates/tool_use.jinja"] = "tools";
  files["additional_chat_templates/two words.jinja"] = "third";
  const fs::path path = scratch("templates.gguf"), dir = scratch_dir("back");
  export_gguf(write_golden(families()["qwen2"], Json::object(), files), path, kGgmlBF16);
  const GgufFile file = read_gguf(path);
  CHECK(file.metadata.at("tokenizer.chat_template") == "usual");
  CHECK(file.metadata.at("tokenizer.chat_template.tool_use") == "tools");
  CHECK(file.metadata.at("tokenizer.chat_templates") == Json{"tool_use", "two_words"});
  import_gguf(path, dir, "bfloat16");
  CHECK(read_json(dir / "tokenizer_config.json")["chat_template"] ==
        Json::parse(R"([{"name": "default", "template": "usual"}, {"name": "tool_use", "template": "tools"},
                        {"name": "two_words", "template": "third"}])"));
}

TEST_CASE("special tokens that special_tokens_map.json alone names go to GGUF") {
  SideFiles files = tiny_tokenizer();
  Json settings = parse_json(files["tokenizer_config.json"], "tiny");
  for (const char* key : {"added_tokens_decoder", "bos_token", "pad_token"}) settings.erase(key);
  files["tokenizer_config.json"] = settings.dump();
  files["special_tokens_map.json"] = R"({"pad_token": {"content": "<tool>"}, "bos_token": "<|im_start|>"})";
  const fs::path path = scratch("named.gguf");
  const Json ids = {{"bos_token_id", nullptr}, {"pad_token_id", nullptr}};
  export_gguf(write_golden(families()["qwen2"], ids, files), path, kGgmlBF16);
  const auto id = [&](const char* key) { return read_gguf(path).metadata.at(key); };
  CHECK(id("tokenizer.ggml.bos_token_id") == 1);
  CHECK(id("tokenizer.ggml.padding_token_id") == 21);
}

TEST_CASE("a head of its own is exported, whatever config.json says of ties") {
  Json golden = families()["qwen2"];
  golden["config"]["tie_word_embeddings"] = true;
  const fs::path dir = write_golden(golden), path = scratch("head.gguf");
  NamedTensors weights = golden_weights(golden);
  weights.emplace_back("lm_head.weight", weights[0].second + 1);
  SideFiles files = tiny_tokenizer();
  files["config.json"] = golden["config"].dump();
  write_checkpoint_files(dir, files, weights, at::kFloat);
  export_gguf(dir, path, kGgmlF32);
  const GgufFile file = read_gguf(path);
  REQUIRE(file.find("output.weight") != nullptr);
  CHECK(at::equal(load_gguf_tensor(file, *file.find("output.weight")), weights.back().second));
}

TEST_CASE("a SentencePiece tokenizer comes back with its merges and its way with spaces") {
  for (const bool space_prefix : {true, false}) {
    const SideFiles files = tiny_pieces(space_prefix);
    const Json tokenizer = parse_json(files.at("tokenizer.json"), "tiny");
    CHECK(tokenizer["model"]["byte_fallback"] == true);
    CHECK(tokenizer["model"]["merges"][2] == "he ll");
    CHECK(tokenizer["normalizer"]["type"] == (space_prefix ? "Sequence" : "Replace"));
    CHECK(tokenizer["decoder"]["decoders"].size() == (space_prefix ? 4 : 3));
    const fs::path path = scratch("pieces.gguf");
    export_gguf(write_golden(families()["mistral"], Json::object(), files), path, kGgmlBF16);
    const GgufFile file = read_gguf(path);
    CHECK(file.metadata.at("tokenizer.ggml.add_space_prefix") == space_prefix);
    CHECK(gguf_tokenizer_files(file, gguf_config(file)).at("tokenizer.json") == files.at("tokenizer.json"));
  }
}

TEST_CASE("a tokenizer that llama.cpp has no name or rule for is an error") {
  const std::tuple<const char*, Json, std::string> cases[] = {
      {"pre_tokenizer", {{"type", "Whitespace"}}, "no name for the pre-tokenizer"},
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"}, {"pattern", {{"Regex", "x+"}}}, {"behavior", "Isolated"}, {"invert", false}},
          {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}},
       "no name for a pre-tokenizer with the pattern x+; known are gpt-2"},
      {"normalizer", {{"type", "Lowercase"}}, "no normalizer"},
      {"post_processor", {{"type", "RobertaProcessing"}}, "the post-processor RobertaProcessing"},
      {"model", {{"type", "WordPiece"}}, "no BPE model (WordPiece)"},
      {"added_tokens", {{{"id", 0}, {"content", "<|endoftext|>"}, {"lstrip", true}}}, "strips spaces"}};
  for (const auto& [key, value, message] : cases) {
    CAPTURE(message);
    SideFiles files = tiny_tokenizer();
    Json tokenizer = parse_json(files["tokenizer.json"], "tiny");
    tokenizer[key] = value;
    files["tokenizer.json"] = tokenizer.dump();
    files["tokenizer_config.json"] = "{}";  // its added_tokens_decoder would go before
    CHECK_THROWS_WITH_AS(
        export_gguf(write_golden(families()["qwen2"], Json::object(), files), scratch("e.gguf"), kGgmlF32),
        doctest::Contains(message.c_str()), Error);
  }
}

TEST_CASE("what llama.cpp would compute otherwise is an error that names it") {
  const std::tuple<const char*, Json, std::string> cases[] = {
      {"llama", {{"model_type", "mamba"}}, "model_type is \"mamba\", expected one of llama, mistral"},
      {"llama", {{"attention_bias", true}}, "attention_bias is true"},
      {"llama", {{"hidden_act", "gelu"}}, "hidden_act is \"gelu\""},
      {"llama", {{"intermediate_size", 64}}, "\"model.layers.0.mlp.gate_proj.weight\" is [48,32]"},
      {"llama", {{"tie_word_embeddings", true}, {"num_hidden_layers", 1}}, "has no name in GGUF"},
      {"llama", {{"vocab_size", 8}}, "vocab_size 8"},
      {"llama", {{"eos_token_id", {1, 2, 3, 4}}}, "name 4 eos tokens"},
      {"mistral", {{"sliding_window", 64}}, "sliding_window is 64"},
      {"qwen2", {{"use_sliding_window", true}}, "use_sliding_window is true"},
      {"gemma2", {{"query_pre_attn_scalar", 8}}, "query_pre_attn_scalar is 8"},
      {"gemma3", {{"layer_types", Json::array()}}, "layer_types is []"},
      {"smollm3", {{"no_rope_layers", {1, 1, 1, 1}}}, "no_rope_layers is [1,1,1,1]"},
      {"olmo2", {{"tie_word_embeddings", true}}, "OLMo 2 has no tied embeddings"}};
  for (const auto& [family, changed, message] : cases) {
    CAPTURE(message);
    const std::string error = export_error(families()[family], changed);
    CAPTURE(error);
    CHECK(error.find(message) != std::string::npos);
  }
}

TEST_CASE("weights that a type cannot hold are an error that names the tensor") {
  const Json& golden = families()["mistral"];
  const fs::path dir = write_golden(golden);
  NamedTensors weights = golden_weights(golden);
  weights[0].second = weights[0].second * 1e6;
  SideFiles files = tiny_tokenizer();
  files["config.json"] = golden["config"].dump();
  write_checkpoint_files(dir, files, weights, at::kFloat);
  CHECK_THROWS_WITH_AS(export_gguf(dir, scratch("large.gguf"), kGgmlF16),
                       doctest::Contains("has weights that F16 cannot hold"), Error);
  weights[0].second = weights[0].second * INFINITY;
  write_checkpoint_files(dir, files, weights, at::kFloat);
  CHECK_THROWS_WITH_AS(export_gguf(dir, scratch("large.gguf"), kGgmlF32), doctest::Contains("not finite"),
                       Error);
}
