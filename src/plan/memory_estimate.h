#pragma once
// What a stage needs of memory at its peak, by arithmetic over shapes and settings: no weights are loaded.
// What products work with depends on the processor and is counted in small ones (model/ops/product_memory.h).
// Each term stands for something that the code keeps; memory_estimate.cpp says what. Constants were measured
// on CPUs; on a GPU the arithmetic is the same but for the KV cache, and has never been compared.
//   const Network network = network_of(config, {269'000'000, "bfloat16"}, "bfloat16", {}, /*on_cpu=*/true);
//   const StageMemory sft = training_memory("SFT", network, {4096, 2000, true}, settings);
#include "model/policy/shapes.h"
#include "train/settings.h"

namespace selfreward {

/// A network as the estimates see it; sizes are numbers of elements.
struct Network {
  ModelConfig config;
  NetworkSizes sizes;
  AdapterSizes adapters;     // nothing: all weights are trained
  int64_t stored_bytes = 0;  // of the checkpoint's weights
  int64_t element = 2;       // bytes of a number in the compute dtype
  bool stored_as_computed = true;
  bool on_cpu = true;

  /// Matrices of the network: those of the layers, the embedding, the output where it is another.
  int64_t matrices() const {
    return sizes.layer_matrices + (config.tie_word_embeddings ? 1 : 2) * sizes.embedding;
  }
  int64_t parameters() const { return matrices() + sizes.vectors; }
  bool has_adapters() const { return adapters.parameters > 0; }
};

/// The weights of a checkpoint as they lie in its files.
struct StoredWeights {
  int64_t bytes = 0;
  std::string dtype;
};

/// `compute` is the dtype of products, "float32" or "bfloat16". A target of LoRA that no matrix has is an
/// error.
Network network_of(const ModelConfig& config, const StoredWeights& stored, const std::string& compute,
                   const LoraSettings& lora, bool on_cpu);

/// Bytes of the weights where nothing trains: as they are loaded, or frozen in the compute dtype under
/// adapters.
int64_t resting_weights(const Network& network);

/// Bytes by what they are for, all at the moment of the stage's peak.
struct StageMemory {
  std::string stage;
  int64_t weights = 0, optimizer = 0, gradients = 0, activations = 0, kv_cache = 0, other = 0;
  int64_t sum() const { return weights + optimizer + gradients + activations + kv_cache + other; }
};

/// The largest micro-batch of a training.
struct MicroBatch {
  int64_t tokens = 0, targets = 0;  // that go through the network; that are predicted
  bool several = false;             // micro-batches in one step
};

/// The most that generation holds at once.
struct GenerationLoad {
  int64_t step_tokens = 0;  // of one forward pass
  int64_t drawn = 0;        // rows of logits of one forward pass
  int64_t slots = 0;        // tokens in the KV cache
  int64_t max_slots = 0;    // generation.max_cache_tokens
};

/// Reading the checkpoint: the file's pages and their copy.
StageMemory load_memory(const Network& network);
/// SFT or DPO.
StageMemory training_memory(const std::string& stage, const Network& network, const MicroBatch& batch,
                            const TrainSettings& settings);
/// DPO's log-probabilities before the first update.
StageMemory reference_memory(const Network& network, const MicroBatch& batch);
/// Candidates, judgements, new prompts.
StageMemory generation_memory(const std::string& stage, const Network& network, const GenerationLoad& load);

}  // namespace selfreward
