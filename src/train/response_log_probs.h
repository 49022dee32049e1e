#pragma once
// How probable answers are to a model.
#include "train/sft.h"

namespace selfreward {

/// log p(response | prompt) of rows[picked], sums over the response's tokens, by one forward pass without
/// gradients.
std::vector<double> response_log_probs(const CausalLM& model, const std::vector<SftRow>& rows,
                                       const std::vector<size_t>& picked);

}  // namespace selfreward
