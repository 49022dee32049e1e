#pragma once
// The small models of tests/golden/make_gguf_families_golden.py as checkpoints, for tests of their export.
#include "model/files/checkpoint.h"
#include "model/gguf/file.h"
#include "model/gguf/gguf.h"
#include "model/gguf/import.h"
#include "support/scratch.h"

namespace selfreward {

inline const fs::path kGgufFixtures = SELFREWARD_SOURCE_DIR "/tests/fixtures/gguf";

/// tests/golden/make_gguf_families_golden.py: what llama.cpp's converter writes for each family.
inline const Json& families() {
  static const Json json = read_json(kGgufFixtures / "families.json");
  return json;
}

/// A weight of the golden models: 0, 1/64, ..., 96/64, 0, ...
inline at::Tensor golden_pattern(const std::vector<int64_t>& shape) {
  int64_t size = 1;
  for (const int64_t length : shape) size *= length;
  return ((at::arange(size) % 97).to(at::kFloat) / 64).reshape(shape);
}

inline double weighted_sum(const at::Tensor& weight) {
  return (weight.flatten().to(at::kDouble) * (at::arange(weight.numel()) % 89)).sum().item<double>();
}

inline NamedTensors golden_weights(const Json& golden) {
  NamedTensors weights;
  for (const auto& [name, shape] : golden["weights"].items())
    if (name != "lm_head.weight" || !golden["config"]["tie_word_embeddings"].get<bool>())
      weights.emplace_back(name, golden_pattern(shape.get<std::vector<int64_t>>()));
  return weights;
}

/// The tokenizer of tiny.gguf; its 22 tokens are fewer than the models' 40.
inline SideFiles tiny_tokenizer() {
  const GgufFile tiny = read_gguf(kGgufFixtures / "tiny.gguf");
  return gguf_tokenizer_files(tiny, gguf_config(tiny));
}

/// The same tokens as SentencePiece pieces; the later a token, the lower its score.
inline SideFiles tiny_pieces(bool space_prefix) {
  GgufFile file = read_gguf(kGgufFixtures / "tiny.gguf");
  Json scores = Json::array();
  for (int i = 0; i < 22; ++i) scores.push_back(-i);
  file.metadata["tokenizer.ggml.model"] = "llama";
  file.metadata["tokenizer.ggml.scores"] = scores;
  file.metadata["tokenizer.ggml.add_space_prefix"] = space_prefix;
  return gguf_tokenizer_files(file, gguf_config(file));
}

/// The golden model as a checkpoint directory.
inline fs::path write_golden(const Json& golden, const Json& changed = Json::object(),
                             SideFiles files = tiny_tokenizer()) {
  const fs::path dir = scratch_dir("golden");
  Json config = golden["config"];
  config.update(changed);
  files["config.json"] = config.dump();
  write_checkpoint_files(dir, files, golden_weights(golden), at::kFloat);
  return dir;
}

}  // namespace selfreward
