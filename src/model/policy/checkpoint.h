#pragma once
// The weights of a network as a checkpoint has them.
//   write_checkpoint("M1", read_side_files("M0"), config, policy_weights, at::kBFloat16);
#include "model/files/checkpoint.h"
#include "model/layers/model_config.h"

namespace selfreward {

class CausalLM;

/// Throws Error unless `tensors` are exactly the weights of `config` in name and shape. Two things that real
/// checkpoints carry are let pass: rotary_emb.inv_freq tables, and lm_head.weight beside tied embeddings.
void check_checkpoint_tensors(const ModelConfig& config, const TensorMap& tensors, const std::string& where);

/// Copies the tensors of a checkpoint into the network, in the dtype they are stored in. A tensor that is
/// missing, unexpected or of another shape is an error that names it; `where` says of which checkpoint.
void load_tensors(CausalLM& model, const TensorMap& tensors, const std::string& where);

/// `config` as the weights settle it: tie_word_embeddings with an lm_head.weight that is another matrix than
/// the embedding means nothing, as in transformers 5. The same matrix twice stays tied.
ModelConfig with_own_head(ModelConfig config, const TensorMap& tensors);

/// Writes a complete checkpoint as write_checkpoint_dir does.
/// Weights are stored as `dtype`; with tied embeddings lm_head.weight is left out. `side_files` are
/// written unchanged, except that generation_config.json gets the token ids of `config`.
void write_checkpoint(const fs::path& dir, const SideFiles& side_files, ModelConfig config,
                      const NamedTensors& tensors, at::ScalarType dtype,
                      int64_t max_shard_bytes = kMaxShardBytes);

}  // namespace selfreward
