#pragma once
// A Policy is M_t: the network, its tokenizer and chat template, and where it computes.
//   Policy policy = Policy::load("runs/demo/M1", {.device = "auto", .dtype = "bfloat16"});
// Without tensors: what lies above `infer` and `train` sees a network by this class alone.
#include <memory>

#include "model/files/checkpoint_files.h"
#include "model/layers/lora_settings.h"
#include "model/layers/model_config.h"
#include "text/chat/format.h"

namespace selfreward {

class CausalLM;

struct ComputeOptions {
  std::string device = "auto";     // auto, cpu, cuda or cuda:N
  std::string dtype = "bfloat16";  // of matrix products: bfloat16 or float32
};

class Policy {
 public:
  Policy(std::shared_ptr<CausalLM> model, ChatFormat chat, SideFiles side_files, fs::path base)
      : model_(std::move(model)),
        chat_(std::move(chat)),
        side_files_(std::move(side_files)),
        base_(std::move(base)) {}

  /// Reads a Hugging Face checkpoint directory, or that of a LoRA adapter with its base model.
  static Policy load(const fs::path& dir, const ComputeOptions& compute,
                     const TemplateSettings& settings = {});

  /// With lora.r > 0 only an adapter is trained from now on: a new one, or the one that the policy has.
  void begin_training(const LoraSettings& lora, uint64_t seed);

  /// Writes a Hugging Face directory that appears under its name only when complete. Weights are stored as
  /// `save_dtype`: float32, bfloat16, or auto for the dtype of the checkpoint this policy was read from. A
  /// policy with an adapter writes that alone, in peft's format and float32.
  void save(const fs::path& dir, const std::string& save_dtype) const;

  CausalLM& model() { return *model_; }
  const CausalLM& model() const { return *model_; }
  /// The directory of the weights under the adapter, or of all weights.
  const fs::path& base() const { return base_; }
  const ChatFormat& chat() const { return chat_; }
  const Tokenizer& tokenizer() const { return chat_.tokenizer(); }
  const ModelConfig& config() const;

 private:
  std::shared_ptr<CausalLM> model_;
  ChatFormat chat_;
  SideFiles side_files_;
  fs::path base_;
};

/// The adapter that is trained: the one that a policy has, or a new one as `wanted`. One of another rank than
/// is wanted is an error.
LoraSettings trained_adapter(const std::optional<LoraSettings>& present, const LoraSettings& wanted);

/// A policy without its weights: what can be known of a checkpoint at no cost.
struct PolicyOutline {
  ModelConfig config;
  ChatFormat chat;
  std::optional<LoraSettings> adapter = {};
  std::string stored = "float32";  // dtype of the weights on the disk
  int64_t stored_bytes = 0;
};
/// Checks what Policy::load checks, but reads no weights: of their files the headers alone, and the two
/// output matrices where config.json ties them and both are there.
PolicyOutline outline_policy(const fs::path& dir, const TemplateSettings& settings = {});

/// How the checkpoint or adapter in `dir` speaks. Its weights need not be there.
ChatFormat chat_format_of(const fs::path& dir, const TemplateSettings& settings = {});

/// A policy with random weights, float32 on the CPU, of the config and tokenizer in `dir`: normal(0, std)
/// matrices and unit norms.
Policy new_policy(const fs::path& dir, uint64_t seed, double std);

/// Writes the checkpoint that the adapter in `dir` and its base model make together, added in float32.
void merge_adapter(const fs::path& dir, const fs::path& out, const std::string& save_dtype);

}  // namespace selfreward
