#include "plan/memory_estimate.h"

#include <algorithm>

#include "model/kernels/attention/kernel.h"
#include "model/ops/product_memory.h"
#include "model/ops/vocab_limits.h"

namespace selfreward {
namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kHugePage = 2 * kMiB;  // what the kernel hands out at a time (src/app/memory.cpp)

// Measured: the program with its libraries, what computing adds (code that is read in, buffers of the
// products' libraries), and a token's text and merges in the tokenizer's tables.
constexpr int64_t kProgram = 110 * kMiB, kComputing = 60 * kMiB;
constexpr int64_t kHole = 2;  // bytes lost of an element that was moved into a joint matrix
constexpr int64_t kTokenBytes = 700;

StageMemory stage_of(const std::string& name, const Network& network) {
  StageMemory memory{.stage = name};
  memory.other = kProgram + kComputing + kTokenBytes * network.config.vocab_size;
  return memory;
}

/// What autograd keeps of one token in one layer, in bytes (src/model/layers/layers.cpp): the inputs of the
/// norms; q, k, v and the attended values with the softmax's sums; gate and up. Products keep nothing of
/// their own: what they read is made again from these.
int64_t kept_by_layer(const Network& n, const TrainSettings& settings) {
  const ModelConfig& c = n.config;
  const int64_t q = c.num_attention_heads * c.head_dim, kv = c.num_key_value_heads * c.head_dim;
  const int64_t zeros_of_dropout = settings.dropout > 0 ? 2 * c.hidden_size : 0;
  const int64_t elements = n.sizes.norms * c.hidden_size + 2 * (q + kv) + 2 * c.intermediate_size +
                           n.sizes.head_norm + zeros_of_dropout + n.adapters.inputs / c.num_hidden_layers;
  return n.element * elements + int64_t{sizeof(float)} * (n.sizes.norms + c.num_attention_heads);
}

/// What the products of a linear map [rows, inner] x [inner, columns] hold beside their factors and results.
int64_t product_work(const Network& n, int64_t rows, int64_t inner, int64_t columns) {
  if (!n.on_cpu || n.element != 2) return 0;  // float32 products work in place
  return linear_scratch(rows, inner, columns, "bfloat16");
}

/// What one layer's backward pass holds for a moment: gradients of gate and up, the same transposed, the
/// activation and the norm made again, and gradients of the stream; then their largest product.
int64_t backward_of_layer(const Network& n, int64_t tokens) {
  const int64_t gate_up = 2 * n.config.intermediate_size, hidden = n.config.hidden_size;
  return n.element * tokens * (2 * gate_up + 4 * hidden) + product_work(n, tokens, gate_up, hidden);
}

/// What one layer holds where nothing is kept for a backward pass: the stream, its norms and what the blocks
/// add to it; gate, up, and their product or what it works with. `packed`: products as generation has them.
int64_t forward_of_layer(const Network& n, int64_t tokens, bool packed) {
  const int64_t gate_up = 2 * n.config.intermediate_size, hidden = n.config.hidden_size;
  const int64_t product = packed ? 0 : product_work(n, tokens, hidden, gate_up);
  return n.element * tokens * (gate_up + 8 * hidden) + std::max(product, n.element * tokens * gate_up / 2);
}

int64_t chunk_of_vocabulary(const Network& n, int64_t targets) {
  return chunk_tokens(n.config.vocab_size, targets * n.element);
}

int64_t logits_chunk(const Network& n, int64_t targets) {
  return chunk_of_vocabulary(n, targets) * targets * n.element;
}

int64_t chunk_work(const Network& n, int64_t targets) {
  return product_work(n, chunk_of_vocabulary(n, targets), n.config.hidden_size, targets);
}

/// The output's log-probabilities and their gradient: logits that are kept, a chunk and its transpose, the
/// rows of the last hidden states five times (as they are, padded, transposed, their gradient, its float32
/// sum).
int64_t vocabulary_work(const Network& n, int64_t targets) {
  const int64_t logits = n.config.vocab_size * targets * n.element;
  const int64_t rows = targets * n.config.hidden_size * (4 * n.element + int64_t{sizeof(float)});
  return std::min(logits, kKeptLogitBytes) + 2 * logits_chunk(n, targets) + rows + chunk_work(n, targets);
}

/// All that a forward and backward pass holds at its peak beside weights and gradients.
int64_t training_activations(const Network& n, const MicroBatch& batch, const TrainSettings& settings) {
  const int64_t layer = kept_by_layer(n, settings), layers = n.config.num_hidden_layers;
  const int64_t stream = 2 * n.config.hidden_size * n.element;  // between layers; the last norm's too
  const int64_t vocabulary = vocabulary_work(n, batch.targets);
  if (!settings.gradient_checkpointing)
    return batch.tokens * (layers * layer + stream) +
           std::max(vocabulary, backward_of_layer(n, batch.tokens));
  // Kept is what flows between layers; one layer at a time is computed again.
  return batch.tokens * (layers + 1) * stream +
         std::max(vocabulary, batch.tokens * layer + backward_of_layer(n, batch.tokens));
}

/// Joint copies of matrices that are multiplied in one, or of all where the stored dtype is another.
int64_t joint_copies(const Network& n) {
  if (n.has_adapters()) return 0;  // a frozen base is joined for good
  return n.element * (n.stored_as_computed ? n.sizes.joined : n.sizes.layer_matrices);
}

int64_t cache_bytes(const Network& n, const GenerationLoad& load) {
  const ModelConfig& c = n.config;
  const auto& kernels = n.element == 4 ? attention_kernels().float32 : attention_kernels().bfloat16;
  const int64_t head = n.on_cpu ? AttentionShape{1, 1, c.head_dim, 1}.padded_head_dim() * kernels.element_size
                                : c.head_dim * n.element;
  const int64_t slot = c.num_key_value_heads * head;
  // On a CPU pages are the process's once they are written, low slots first. Keys and values of each layer
  // begin and end within huge pages of their own.
  const int64_t touched =
      n.on_cpu ? std::min(load.slots * slot + kHugePage, load.max_slots * slot) : load.max_slots * slot;
  return 2 * c.num_hidden_layers * touched;
}

}  // namespace

Network network_of(const ModelConfig& config, const StoredWeights& stored, const std::string& compute,
                   const LoraSettings& lora, bool on_cpu) {
  return {.config = config,
          .sizes = network_sizes(config),
          .adapters = adapter_sizes(config, lora),
          .stored_bytes = stored.bytes,
          .element = compute == "float32" ? 4 : 2,
          .stored_as_computed = stored.dtype == compute,
          .on_cpu = on_cpu};
}

int64_t resting_weights(const Network& n) {
  if (!n.has_adapters()) return n.stored_bytes;
  return n.element * n.matrices() + int64_t{sizeof(float)} * (n.sizes.vectors + n.adapters.parameters);
}

StageMemory load_memory(const Network& n) {
  StageMemory memory = stage_of("load", n);
  memory.other -= kComputing;
  memory.weights = 2 * n.stored_bytes;
  return memory;
}

StageMemory training_memory(const std::string& stage, const Network& n, const MicroBatch& batch,
                            const TrainSettings& settings) {
  StageMemory memory = stage_of(stage, n);
  const int64_t trained = n.has_adapters() ? n.adapters.parameters : n.parameters();
  // float32 weights, of bfloat16 networks in two halves, and two float32 moments (src/train/adamw.h).
  memory.weights = n.has_adapters() ? resting_weights(n) : 4 * trained;
  memory.optimizer = 8 * trained;
  // Matrices that are put together leave holes where they were, between what stays.
  memory.other += kHole * n.sizes.joined;
  const int64_t output = n.has_adapters() ? 0 : n.element * n.sizes.embedding;
  const int64_t activations = training_activations(n, batch, settings);
  if (batch.several) {  // float32 sums lie there while the next micro-batch is computed
    memory.gradients = 4 * trained + output;
    memory.activations = activations;
  } else if (output + activations > n.element * trained) {  // the output's gradient is the first one
    memory.gradients = output;
    memory.activations = activations;
  } else {  // layers are done one after the other: their gradients come where their activations were
    memory.gradients = n.element * trained;
  }
  return memory;
}

StageMemory reference_memory(const Network& n, const MicroBatch& batch) {
  StageMemory memory = stage_of("reference", n);
  memory.weights = resting_weights(n) + joint_copies(n);
  const int64_t output = n.stored_as_computed ? 0 : n.element * n.sizes.embedding;  // in the compute dtype
  const int64_t vocabulary =
      output + logits_chunk(n, batch.targets) + 3 * batch.targets * n.config.hidden_size * n.element;
  memory.activations = std::max(vocabulary + chunk_work(n, batch.targets),
                                forward_of_layer(n, batch.tokens, /*packed=*/false));
  return memory;
}

StageMemory generation_memory(const std::string& stage, const Network& n, const GenerationLoad& load) {
  StageMemory memory = stage_of(stage, n);
  // All products packed (src/model/ops/packed_product.h), beside the weights.
  const int64_t packed =
      n.on_cpu ? n.element * (n.sizes.layer_matrices + n.sizes.embedding) : joint_copies(n);
  memory.weights = resting_weights(n) + packed;
  const int64_t copies = n.config.logit_softcap > 0 ? 2 : 1;
  memory.activations = std::max(forward_of_layer(n, load.step_tokens, /*packed=*/true),
                                copies * load.drawn * n.config.vocab_size * n.element);
  memory.kv_cache = cache_bytes(n, load);
  return memory;
}

}  // namespace selfreward
