#include "model/gguf/export.h"

#include <doctest/doctest.h>

#include <set>

#include "model/gguf/quants.h"
#include "support/golden_gguf.h"

using namespace selfreward;

namespace {

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
    import_gguf(kGgufFixtures / "tiny.gguf", first, dtype);
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
  CHECK((close - golden_pattern({48, 32})).abs().max().item<float>() <= 1.5f / 127 / 2 * 1.01f);
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
