#pragma once
// Settings of training, one line each: name, default, meaning. Names are those of TRL where it has one.
#include <cstdint>
#include <string>

namespace selfreward {

struct TrainSettings {
  double learning_rate = 5.5e-6;
  std::string lr_scheduler_type = "cosine";
  double min_lr_rate = 0.2;
  int64_t warmup_steps = 0;
  int64_t train_batch_size = 16;
  double num_train_epochs = 1;
  int64_t max_steps = 0;
  bool fill_last_batch = false;
  int64_t max_length = 2048;
  int64_t micro_batch_tokens = 4096;
  double weight_decay = 0.0;
  double adam_beta1 = 0.9, adam_beta2 = 0.95, adam_epsilon = 1e-8;
  double max_grad_norm = 1.0;
  double dropout = 0.0;
  bool gradient_checkpointing = false;
  int64_t logging_steps = 1;
  int64_t save_steps = 0;

  template <typename Fields>
  void visit(Fields& f) {
    f("learning_rate", learning_rate, "peak learning rate of AdamW");
    f("lr_scheduler_type", lr_scheduler_type, "constant, linear or cosine, after the warm-up");
    f("min_lr_rate", min_lr_rate, "the schedule ends at this share of learning_rate");
    f("warmup_steps", warmup_steps, "steps over which the learning rate rises from 0");
    f("train_batch_size", train_batch_size, "rows (SFT) or pairs (DPO) of one optimizer step");
    f("num_train_epochs", num_train_epochs, "passes over the data; unused where max_steps is set");
    f("max_steps", max_steps, "optimizer steps; 0: given by num_train_epochs");
    f("fill_last_batch", fill_last_batch,
      "an incomplete last batch of an epoch is filled up with rows of the next one, so that all steps are "
      "alike; false: it stays short, as in TRL");
    f("max_length", max_length, "rows with more tokens are left out and counted, never truncated");
    f("micro_batch_tokens", micro_batch_tokens,
      "tokens of one forward and backward; lower needs less memory and changes no result");
    f("weight_decay", weight_decay, "decoupled weight decay of matrices (norms and biases have none)");
    f("adam_beta1", adam_beta1, "decay of the first moment");
    f("adam_beta2", adam_beta2, "decay of the second moment");
    f("adam_epsilon", adam_epsilon, "added to the root of the second moment");
    f("max_grad_norm", max_grad_norm, "gradients are scaled down to this global norm; 0 is off");
    f("dropout", dropout, "probability of dropping an element of each block's output (residual dropout)");
    f("gradient_checkpointing", gradient_checkpointing,
      "keep only what flows between layers and compute the rest again in the backward pass: less memory");
    f("logging_steps", logging_steps, "steps between two lines of metrics.jsonl");
    f("save_steps", save_steps,
      "steps between two resumable checkpoints of the training state; 0: only a finished model is kept");
  }
};

struct SftSettings : TrainSettings {
  std::string train_on = "last";
  double eft_epochs = 0;

  template <typename Fields>
  void visit(Fields& f) {
    TrainSettings::visit(f);
    f("train_on", train_on,
      "which answers of a conversation are trained, also of those that DPO replays: last or all; where the "
      "chat template has {% generation %} blocks they say it, and a message's own mark goes before either");
    f("eft_epochs", eft_epochs,
      "passes over the judging examples (EFT) of M1's training, where judging takes more of them than "
      "answering; 0: num_train_epochs, as for the instructions");
  }
};

struct DpoSettings {
  TrainSettings train{.learning_rate = 1e-6, .min_lr_rate = 0.1};
  double beta = 0.1;
  double rpo_alpha = 0.0;
  int64_t replay_batch_size = 0;
  double replay_weight = 1.0, replay_eft_share = 0;
  std::string method = "dpo";
  std::string loss_type = "sigmoid", soft_label = "none";
  double ld_alpha = 1.0;
  int64_t eval_steps = 0;
  std::string eval_prompts = {};
  std::string eval_judge = "self";
  int64_t early_stopping_patience = 1;

  template <typename Fields>
  void visit(Fields& f) {
    f("beta", beta, "strength of the pull towards the reference M_t");
    f("rpo_alpha", rpo_alpha,
      "weight of the negative log-likelihood of the chosen answers (mean over their tokens); 0 is plain DPO");
    f("replay_batch_size", replay_batch_size,
      "seed examples (IFT + EFT) trained beside the pairs of each step; 0 is off");
    f("replay_weight", replay_weight, "weight of their loss");
    f("replay_eft_share", replay_eft_share,
      "share of judging examples (EFT) among them, so that the judge does not forget where there are few; 0: as "
      "many as the seeds have");
    f("method", method,
      "dpo: preference pairs; positive_only: SFT on the answers with a full score, the paper's variant (beta, rpo_alpha "
      "and replay_* are not read then)");
    f("loss_type", loss_type,
      "sigmoid: DPO; sigmoid_norm: rewards are divided by the answers' tokens (Tulu 3; a beta of 2 to 10 fits)");
    f("soft_label", soft_label,
      "how sure it is that the chosen answer is the better one. none: certain; margin: the sigmoid of the "
      "difference of the scores, so that close pairs pull less; consistency: for all pairs of a round how well "
      "the judge's order of a prompt's answers and that of the implicit reward agree (after CREAM)");
    f("ld_alpha", ld_alpha,
      "weight of the tokens by which an answer is longer than the other one of its pair (LD-DPO); 1 is off");
    f("eval_steps", eval_steps,
      "steps between two comparisons with the best model so far (M_t at first) on eval_prompts; the best one "
      "becomes M_t+1 (the paper: 200); 0 is off: the last one does");
    f("eval_prompts", eval_prompts,
      "held-out prompts of these comparisons, {id, prompt} rows, other ones than the evaluation's (the "
      "paper: 253)");
    f("eval_judge", eval_judge,
      "who compares: self, M_t by its scores (judge.rubric); pairwise, M_t in both orders "
      "(evaluate.pairwise_rubric); gold, the true score");
    f("early_stopping_patience", early_stopping_patience,
      "the training ends after this many comparisons in a row that are not won");
    f("train", train, "the optimizer");
  }
};

}  // namespace selfreward
