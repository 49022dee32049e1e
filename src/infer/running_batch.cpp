#include "infer/running_batch.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/types.h>

#include "model/policy/causal_lm.h"
#include "model/policy/policy.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kScoredRows = 256;  // of a prompt whose logits are in memory at once

/// Calls use(pointer to row 0) with the element type of logits [rows, vocab].
template <typename Use>
void with_rows(const Tensor& logits, const Use& use) {
  if (logits.scalar_type() == at::kFloat)
    use(static_cast<float*>(logits.data_ptr()));
  else
    use(static_cast<uint16_t*>(logits.data_ptr()));
}

/// The rows of a model's vocabulary that the tokenizer has no token for: many checkpoints pad it.
std::vector<int64_t> ids_without_token(const Tokenizer& tokenizer, int64_t vocab) {
  std::vector<int64_t> ids;
  for (int64_t id = 0; id < vocab; ++id)
    if (!tokenizer.has_token(id)) ids.push_back(id);
  return ids;
}

/// The token of a row of logits, and its score where that was asked for. `total` is the row's log_total.
template <typename T>
void draw_token(const T* logits, int64_t vocab, double total, const RunningRequest& request,
                Sequence& sequence) {
  const int64_t position = std::ssize(sequence.ids);
  const int64_t id = sample_token(logits, vocab, request.sampling, sequence.seed, position);
  sequence.ids.push_back(id);
  if (request.top_scores) sequence.score = score_token(logits, vocab, id, *request.top_scores, total);
}

}  // namespace

struct RunningBatch::Pass {
  Policy& policy;
  const Scheduler& scheduler;
  const std::vector<int64_t>& forbidden;

  /// -> [tokens, hidden] in the compute dtype
  Tensor hidden_states(const Step& step, std::vector<KeyValueStore>& stores) const;
  /// hidden [rows, hidden] -> [rows, vocab] on the CPU, float32 or bfloat16
  Tensor logits_of(const Tensor& hidden) const;
  void draw(const Tensor& logits, const std::vector<Sequence*>& sequences) const;
  void keep_watched(const Tensor& hidden, const TokenIds& tokens,
                    const std::vector<Sequence*>& sequences) const;
  void score_prompt(const Step::Scored& scored, const Tensor& hidden) const;
};

RunningBatch::RunningBatch(Policy& policy, std::vector<KeyValueStore>& stores,
                           const GenerationSettings& options, GenerationStats& stats)
    : policy_(policy),
      stores_(stores),
      stats_(stats),
      scheduler_(policy.config().max_position_embeddings, options, stats),
      forbidden_(ids_without_token(policy.tokenizer(), policy.config().vocab_size)) {}

int64_t RunningBatch::add(std::vector<RunningRequest> requests) {
  const int64_t context = policy_.config().max_position_embeddings;
  for (const RunningRequest& request : requests) {
    const int64_t length = std::ssize(request.prompt);
    check(length < context, "[generate] a prompt has ", length, " tokens, but the model's context is ",
          context, " (max_position_embeddings) and an answer needs room too");
    stats_.prompt_tokens += length * request.num_samples;
  }
  return scheduler_.add(std::move(requests));
}

void RunningBatch::step() {
  const c10::InferenceMode mode;
  const Step step = scheduler_.plan_step();
  const Pass pass{policy_, scheduler_, forbidden_};
  const Tensor hidden = pass.hidden_states(step, stores_);
  for (const Step::Scored& scored : step.scored) pass.score_prompt(scored, hidden);
  const auto sequences = scheduler_.drawing();
  if (!step.rows.empty()) {
    const Tensor last = hidden.index_select(0, torch::tensor(step.rows, at::kLong).to(hidden.device()));
    pass.draw(pass.logits_of(last), sequences);
    if (!watched_.empty()) pass.keep_watched(last, watched_, sequences);
  }
  for (Sequence* sequence : sequences) scheduler_.request(sequence->request).on_token(*sequence);
  stats_.new_tokens += std::ssize(sequences);
  ++stats_.steps;
  scheduler_.end_step();
}

Tensor RunningBatch::Pass::hidden_states(const Step& step, std::vector<KeyValueStore>& stores) const {
  const torch::Device device = policy.model().device();
  const auto tensor = [&](const std::vector<int64_t>& values) {
    return torch::tensor(values, at::kLong).to(device);
  };
  const TokenBatch batch{tensor(step.ids), tensor(step.positions), prepare_store_plan(step.plan, device),
                         &stores, tensor(step.slots)};
  return policy.model().hidden_states(batch);
}

Tensor RunningBatch::Pass::logits_of(const Tensor& hidden) const {
  return policy.model().logits(hidden).to(at::kCPU).contiguous();
}

/// logits [rows, vocab]. Samples of one prompt share a row, so all that is read of the rows as they are is
/// read before tokens are forbidden, and nothing is drawn before that.
void RunningBatch::Pass::draw(const Tensor& logits, const std::vector<Sequence*>& sequences) const {
  RECORD_FUNCTION("sample_token", {});
  const int64_t vocab = logits.size(1);
  const auto for_each = [&](const auto& work) {
    at::parallel_for(0, std::ssize(sequences), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) work(i, *sequences[i]);
    });
  };
  std::vector<double> totals(sequences.size());
  with_rows(logits, [&](auto* rows) {
    for_each([&](size_t i, const Sequence& sequence) {
      if (scheduler.request(sequence.request).top_scores)
        totals[i] = log_total(rows + sequence.row * vocab, vocab);
    });
    for (int64_t row = 0; row < logits.size(0); ++row) forbid_tokens(rows + row * vocab, forbidden);
    for_each([&](size_t i, Sequence& sequence) {
      draw_token(rows + sequence.row * vocab, vocab, totals[i], scheduler.request(sequence.request),
                 sequence);
    });
  });
}

void RunningBatch::Pass::keep_watched(const Tensor& hidden, const TokenIds& tokens,
                                      const std::vector<Sequence*>& sequences) const {
  const Tensor ids = torch::tensor(tokens, at::kLong).to(hidden.device());
  const Tensor logits = policy.model().logits_of(hidden, ids).to(at::kCPU).contiguous();
  for (Sequence* sequence : sequences) {
    const float* const row = logits.data_ptr<float>() + sequence->row * logits.size(1);
    sequence->watched.emplace_back(row, row + logits.size(1));
  }
}

/// Token i + 1 of the prompt by the logits of row i.
void RunningBatch::Pass::score_prompt(const Step::Scored& scored, const Tensor& hidden) const {
  const RunningRequest& request = scheduler.request(scored.request);
  const TokenIds& ids = scheduler.prompt_node(scored.node);
  std::vector<TokenScore> scores;
  for (int64_t first = 0; first + 1 < std::ssize(ids); first += kScoredRows) {
    const int64_t count = std::min(kScoredRows, std::ssize(ids) - 1 - first);
    const Tensor logits = logits_of(hidden.narrow(0, scored.begin + first, count));
    const int64_t vocab = logits.size(1);
    with_rows(logits, [&](auto* rows) {
      for (int64_t i = 0; i < count; ++i) {
        auto* const row = rows + i * vocab;
        const double total = log_total(row, vocab);
        forbid_tokens(row, forbidden);
        scores.push_back(score_token(row, vocab, ids[static_cast<size_t>(first + i + 1)],
                                     request.top_scores.value_or(0), total));
      }
    });
  }
  request.on_prompt(std::move(scores));
}

}  // namespace selfreward
