#pragma once
// A Policy is M_t: the network, its tokenizer and chat template, and where it computes.
//   Policy policy = Policy::load("runs/demo/M1", {.device = "auto", .dtype = "bfloat16"});
#include "model/causal_lm.h"
#include "model/checkpoint.h"
#include "text/chat_format.h"

namespace selfreward {

struct ComputeOptions {
  std::string device = "auto";     // auto, cpu, cuda or cuda:N
  std::string dtype = "bfloat16";  // of matrix products: bfloat16 or float32
};

class Policy {
 public:
  /// Reads a Hugging Face checkpoint directory.
  static Policy load(const fs::path& dir, const ComputeOptions& compute);

  /// Writes a Hugging Face directory that appears under its name only when complete. Weights are stored as
  /// `save_dtype`: float32, bfloat16, or auto for the dtype of the checkpoint this policy was read from.
  void save(const fs::path& dir, const std::string& save_dtype) const;

  CausalLM& model() { return *model_; }
  const CausalLM& model() const { return *model_; }
  const ChatFormat& chat() const { return chat_; }
  const Tokenizer& tokenizer() const { return chat_.tokenizer(); }
  const ModelConfig& config() const { return model_->config(); }

 private:
  Policy(std::shared_ptr<CausalLM> model, ChatFormat chat, SideFiles side_files)
      : model_(std::move(model)), chat_(std::move(chat)), side_files_(std::move(side_files)) {}

  std::shared_ptr<CausalLM> model_;
  ChatFormat chat_;
  SideFiles side_files_;
};

}  // namespace selfreward
