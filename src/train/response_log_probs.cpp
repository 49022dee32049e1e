#include "train/response_log_probs.h"

#include "train/training_batch.h"

namespace selfreward {

std::vector<double> response_log_probs(const CausalLM& model, const std::vector<SftRow>& rows,
                                       const std::vector<size_t>& picked) {
  const at::NoGradGuard no_grad;
  TrainingBatch batch;
  for (const size_t i : picked) batch.add_sequence(rows[i].prompt, rows[i].response);
  const torch::Tensor sums = batch.sum_by_sequence(batch.target_log_probs(model)).to(at::kCPU, at::kDouble);
  return {sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel()};
}

}  // namespace selfreward
