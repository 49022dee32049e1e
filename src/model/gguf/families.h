#pragma once
// The model families that exist both as a Hugging Face checkpoint and as a GGUF file: what each calls its
// tensors, and how their values differ. One table for import and export.
//   for (const GgufTensorPair& pair : gguf_tensor_pairs(family, sizes)) ... pair.hf, pair.gguf, pair.shape
#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "base/json.h"

namespace selfreward {

/// A layer's tensor, without "model.layers.N." and "blk.N.". `sizes` has a letter per dimension: H hidden,
/// I intermediate, U twice that (gate and up), Q queries, K keys, F queries and keys and values, D head_dim.
struct GgufLayerTensor {
  const char* hf;
  const char* gguf;
  const char* sizes;
};

struct GgufFamily {
  const char* architecture;  // general.architecture
  const char* model_type;    // of config.json
  const char* hf_class;
  std::vector<GgufLayerTensor> layer;
  bool swaps_rotary = false;      // q and k rows lie in another order, see from_gguf_values
  bool norms_plus_one = false;    // GGUF has the factor itself, Hugging Face the factor less 1
  bool square_attention = false;  // llama.cpp takes heads * head_dim for hidden_size
};

// What llama.cpp has as constants of a family.
constexpr int64_t kGemma2Pattern = 2, kGemma3Pattern = 6;  // every so many layers one sees the whole text
constexpr int64_t kGemma2Largest = 46,
                  kGemma3Largest = 62;  // layers of the 27B models, which scale otherwise
constexpr int64_t kNoRopeInterval = 4;  // every fourth layer of SmolLM3 has no positions

/// layer_types of config.json: "full_attention" for each layer, from 1, that is a multiple of `pattern`.
Json gguf_layer_types(int64_t layers, int64_t pattern);
/// no_rope_layers of SmolLM3: 0 for the layers without positions, 1 for the others.
Json gguf_no_rope_layers(int64_t layers);

/// The family, or an error that names the known ones. Mistral is a llama to GGUF, so llama is what comes
/// back.
const GgufFamily& gguf_family_of_architecture(const std::string& architecture, const std::string& where);
const GgufFamily& gguf_family_of_model_type(const std::string& model_type, const std::string& where);

/// What fixes the shapes of a model's tensors.
struct GgufSizes {
  int64_t vocab = 0, hidden = 0, intermediate = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0;
  bool tied = false;
};

/// Of config.json, whose other spellings have been replaced; `where` for errors.
GgufSizes gguf_sizes(const Json& config, const std::string& where);

struct GgufTensorPair {
  std::string hf, gguf;
  std::vector<int64_t> shape;  // outermost first, the same on both sides
  int64_t rotary_heads = 0;    // rows of so many heads change their order; 0: they do not
  bool plus_one = false;       // GGUF's value is Hugging Face's plus 1
};

/// All tensors of a model, in the order of the layers.
std::vector<GgufTensorPair> gguf_tensor_pairs(const GgufFamily& family, const GgufSizes& sizes);

/// Hugging Face's values out of GGUF's, and back. Both keep dtype and shape.
at::Tensor from_gguf_values(const at::Tensor& weight, const GgufTensorPair& pair);
at::Tensor to_gguf_values(const at::Tensor& weight, const GgufTensorPair& pair);

}  // namespace selfreward
