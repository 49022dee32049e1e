#include "train/training_batch.h"

#include "model/ops/device.h"
#include "model/ops/log_probs.h"

namespace selfreward {

using torch::Tensor;

int64_t TrainingBatch::add_sequence(const TokenIds& prompt, const TokenIds& response,
                                    const std::vector<bool>& learnt) {
  check(!prompt.empty() && !response.empty(), "[training_batch] a row has no prompt or no response tokens");
  TokenIds both = prompt;
  both.insert(both.end(), response.begin(), response.end() - 1);  // nothing is predicted from the last token
  const int64_t begin = tree_.num_tokens();
  tree_.add(kNoParent, both);
  predict(begin + std::ssize(prompt) - 1, response, 0, learnt);
  return num_sequences_ - 1;
}

int64_t TrainingBatch::add_pair(const TokenIds& prompt, const TokenIds& first, const TokenIds& second) {
  check(!prompt.empty() && !first.empty() && !second.empty(),
        "[training_batch] a pair has an empty prompt or answer");
  const int64_t root = tree_.add(kNoParent, prompt);
  const int64_t last_of_prompt = tree_.num_tokens() - 1;
  for (const TokenIds* response : {&first, &second}) {
    rows_.push_back(last_of_prompt);  // the prompt's last token predicts the first token of both
    targets_.push_back(response->front());
    sequences_.push_back(num_sequences_);
    const int64_t begin = tree_.num_tokens();
    if (response->size() > 1) tree_.add(root, TokenIds(response->begin(), response->end() - 1));
    predict(begin, *response, 1);
  }
  return num_sequences_ - 2;
}

/// Row first_row + i predicts response[from + i]; closes the sequence.
void TrainingBatch::predict(int64_t first_row, const TokenIds& response, size_t from,
                            const std::vector<bool>& learnt) {
  for (size_t i = from; i < response.size(); ++i) {
    if (!learnt.empty() && !learnt[i]) continue;
    rows_.push_back(first_row + static_cast<int64_t>(i - from));
    targets_.push_back(response[i]);
    sequences_.push_back(num_sequences_);
  }
  ++num_sequences_;
}

Tensor TrainingBatch::target_log_probs(const CausalLM& model, Dropout* dropout) const {
  const Tensor hidden = model.hidden_states(tree_batch(tree_, model.device()), dropout);
  const Tensor rows = index_tensor(rows_, model.device());
  const Tensor targets = index_tensor(targets_, model.device());
  return token_log_probs(hidden.index_select(0, rows), model.output_weight(), targets,
                         model.config().logit_softcap);
}

Tensor TrainingBatch::sum_by_sequence(const Tensor& per_target) const {
  const Tensor sequences = index_tensor(sequences_, per_target.device());
  return at::zeros({num_sequences_}, per_target.options()).index_add(0, sequences, per_target);
}

}  // namespace selfreward
