#include "infer/running_batch.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kScoredRows = 256;  // of a prompt whose logits are in memory at once

/// Calls use(pointer to row 0) with the element type of logits [rows, vocab].
template <typename Use>
void with_rows(const Tensor& logits, const Use& use) {
  if (logits.scalar_type() == at::kFloat)
    use(static_cast<const float*>(logits.data_ptr()));
  else
    use(static_cast<const uint16_t*>(logits.data_ptr()));
}

/// The token of a row of logits, and its score where that was asked for.
template <typename T>
void draw_token(const T* logits, int64_t vocab, const RunningRequest& request, Sequence& sequence) {
  const int64_t position = std::ssize(sequence.ids);
  const int64_t id = sample_token(logits, vocab, request.sampling, sequence.seed, position);
  sequence.ids.push_back(id);
  if (request.top_scores) sequence.score = score_token(logits, vocab, id, *request.top_scores);
}

}  // namespace

RunningBatch::RunningBatch(Policy& policy, std::vector<KeyValueStore>& stores,
                           const GenerationSettings& options, GenerationStats& stats)
    : policy_(policy),
      stores_(stores),
      stats_(stats),
      scheduler_(policy.config().max_position_embeddings, options, stats) {}

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
  const Step step = scheduler_.plan_step();
  const Tensor hidden = hidden_states(step);
  for (const Step::Scored& scored : step.scored) score_prompt(scored, hidden);
  const auto sequences = scheduler_.drawing();
  if (!step.rows.empty())
    draw(logits_of(hidden.index_select(0, torch::tensor(step.rows, at::kLong).to(hidden.device()))),
         sequences);
  for (Sequence* sequence : sequences) scheduler_.request(sequence->request).on_token(*sequence);
  stats_.new_tokens += std::ssize(sequences);
  ++stats_.steps;
  scheduler_.end_step();
}

/// -> [tokens, hidden] in the compute dtype
Tensor RunningBatch::hidden_states(const Step& step) {
  const torch::Device device = policy_.model().device();
  const auto tensor = [&](const std::vector<int64_t>& values) {
    return torch::tensor(values, at::kLong).to(device);
  };
  const TokenBatch batch{tensor(step.ids), tensor(step.positions), prepare_store_plan(step.plan, device),
                         &stores_, tensor(step.slots)};
  return policy_.model().hidden_states(batch);
}

/// hidden [rows, hidden] -> [rows, vocab] on the CPU, float32 or bfloat16
Tensor RunningBatch::logits_of(const Tensor& hidden) const {
  return policy_.model().logits(hidden).to(at::kCPU).contiguous();
}

/// logits [rows, vocab]
void RunningBatch::draw(const Tensor& logits, const std::vector<Sequence*>& sequences) const {
  RECORD_FUNCTION("sample_token", {});
  const int64_t vocab = logits.size(1);
  with_rows(logits, [&](const auto* rows) {
    at::parallel_for(0, std::ssize(sequences), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        Sequence& sequence = *sequences[static_cast<size_t>(i)];
        draw_token(rows + sequence.row * vocab, vocab, scheduler_.request(sequence.request), sequence);
      }
    });
  });
}

/// Token i + 1 of the prompt by the logits of row i.
void RunningBatch::score_prompt(const Step::Scored& scored, const Tensor& hidden) const {
  const RunningRequest& request = scheduler_.request(scored.request);
  const TokenIds& ids = scheduler_.prompt_node(scored.node);
  std::vector<TokenScore> scores;
  for (int64_t first = 0; first + 1 < std::ssize(ids); first += kScoredRows) {
    const int64_t count = std::min(kScoredRows, std::ssize(ids) - 1 - first);
    const Tensor logits = logits_of(hidden.narrow(0, scored.begin + first, count));
    const int64_t vocab = logits.size(1);
    with_rows(logits, [&](const auto* rows) {
      for (int64_t i = 0; i < count; ++i)
        scores.push_back(score_token(rows + i * vocab, vocab, ids[static_cast<size_t>(first + i + 1)],
                                     request.top_scores.value_or(0)));
    });
  }
  request.on_prompt(std::move(scores));
}

}  // namespace selfreward
