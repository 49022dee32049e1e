#pragma once
// Settings of LoRA, one line each, with peft's names.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace selfreward {

struct LoraSettings {
  int64_t r = 0;
  double lora_alpha = 32;
  double lora_dropout = 0;
  std::vector<std::string> target_modules = {"all-linear"};
  bool use_rslora = false;

  /// What B A x is multiplied with: alpha / r, or alpha / sqrt(r) (rsLoRA, Kalajdzievski 2023, arXiv
  /// 2312.03732).
  double scaling() const {
    const auto rank = static_cast<double>(r);
    return lora_alpha / (use_rslora ? std::sqrt(rank) : rank);
  }

  template <typename Fields>
  void visit(Fields& f) {
    f("r", r, "rank of the adapters; 0: all weights are trained");
    f("lora_alpha", lora_alpha, "the adapters' product is scaled by lora_alpha / r");
    f("lora_dropout", lora_dropout, "probability of dropping an element that an adapter reads");
    f("target_modules", target_modules,
      "matrices with an adapter: names like q_proj, or all-linear for all but the output");
    f("use_rslora", use_rslora, "scale by lora_alpha / sqrt(r) instead");
  }
};

}  // namespace selfreward
