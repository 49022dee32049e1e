#include "infer/generator.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include "base/interrupt.h"
#include "base/text_util.h"
#include "infer/scheduler.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr size_t kStopWindow = 32;  // tokens at the end of a completion that stop strings are sought in

/// Of a text with a newline: the last line that has its newline, empty ones left out.
std::string_view last_complete_line(std::string_view text) {
  text = text.substr(0, text.rfind('\n'));
  text = text.substr(0, text.find_last_not_of('\n') + 1);
  return text.substr(text.rfind('\n') + 1);
}

/// One generate() call.
class Session {
 public:
  Session(Policy& policy, std::vector<KeyValueStore>& stores, const GenerationSettings& options,
          GenerationStats& stats, const std::vector<GenerationRequest>& requests,
          const SamplingParams& params)
      : policy_(policy),
        stores_(stores),
        stats_(stats),
        params_(params),
        scheduler_(requests, params.max_new_tokens, context_length(), options, stats),
        newlines_(static_cast<size_t>(policy.config().vocab_size)) {
    for (const GenerationRequest& request : requests) {
      check_fits(request);
      results_.emplace_back(static_cast<size_t>(request.num_samples));
      remaining_ += request.num_samples;
      stats_.prompt_tokens += std::ssize(request.prompt) * request.num_samples;
    }
  }

  std::vector<std::vector<Completion>> run(const std::function<void(int64_t)>& on_done) {
    const int64_t total = remaining_;
    while (remaining_ > 0) {
      throw_if_interrupted();
      const Tensor logits = forward(scheduler_.plan_step());
      const auto sequences = scheduler_.drawing();
      const auto drawn = draw(logits, sequences);
      for (size_t i = 0; i < sequences.size(); ++i) take(*sequences[i], drawn[i]);
      scheduler_.end_step();
      if (on_done) on_done(total - remaining_);
      ++stats_.steps;
    }
    return std::move(results_);
  }

 private:
  int64_t context_length() const { return policy_.config().max_position_embeddings; }

  void check_fits(const GenerationRequest& request) const {
    check(std::ssize(request.prompt) < context_length(), "[generate] a prompt has ", request.prompt.size(),
          " tokens, but the model's context is ", context_length(),
          " (max_position_embeddings) and an answer needs room too");
  }

  /// -> [rows, vocab] on the CPU, float32 or bfloat16
  Tensor forward(const Step& step) {
    const auto tensor = [&](const std::vector<int64_t>& values) {
      return torch::tensor(values, at::kLong).to(policy_.model().device());
    };
    const TokenBatch batch{tensor(step.ids), tensor(step.positions),
                           prepare_store_plan(step.plan, policy_.model().device()), &stores_,
                           tensor(step.slots)};
    const Tensor hidden = policy_.model().hidden_states(batch);
    if (step.rows.empty()) return {};
    const Tensor logits = policy_.model().logits(hidden.index_select(0, tensor(step.rows)));
    return logits.to(at::kCPU).contiguous();
  }

  std::vector<int64_t> draw(const Tensor& logits, const std::vector<Sequence*>& sequences) const {
    if (!logits.defined()) return {};
    return logits.scalar_type() == at::kFloat ? draw_from<float>(logits, sequences)
                                              : draw_from<uint16_t>(logits, sequences);
  }

  template <typename T>
  std::vector<int64_t> draw_from(const Tensor& logits, const std::vector<Sequence*>& sequences) const {
    RECORD_FUNCTION("sample_token", {});
    std::vector<int64_t> drawn(sequences.size());
    const int64_t vocab = logits.size(1);
    const T* data = static_cast<const T*>(logits.data_ptr());
    at::parallel_for(0, std::ssize(sequences), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Sequence& sequence = *sequences[static_cast<size_t>(i)];
        drawn[static_cast<size_t>(i)] = sample_token(data + sequence.row * vocab, vocab, params_,
                                                     sequence.seed, std::ssize(sequence.ids));
      }
    });
    return drawn;
  }

  /// Appends a token, and keeps the completion where it is the last one.
  void take(Sequence& sequence, int64_t id) {
    sequence.ids.push_back(id);
    ++stats_.new_tokens;
    if ((!params_.ignore_eos && policy_.chat().is_stop(id)) || found_stop_string(sequence.ids)) {
      finish(sequence, FinishReason::stop, text_of(sequence.ids));
    } else if (ended_last_line(sequence)) {
      const std::string text = text_of(sequence.ids);
      finish(sequence, FinishReason::stop, std::string_view(text).substr(0, text.rfind('\n')));
    } else if (std::ssize(sequence.ids) >= scheduler_.room_for(sequence)) {
      finish(sequence, FinishReason::length, text_of(sequence.ids));
    }
  }

  bool found_stop_string(const TokenIds& ids) const {
    if (params_.stop.empty()) return false;
    const TokenIds tail(ids.end() - static_cast<std::ptrdiff_t>(std::min(ids.size(), kStopWindow)),
                        ids.end());
    const std::string text = text_of(tail);
    return std::any_of(params_.stop.begin(), params_.stop.end(),
                       [&](const std::string& stop) { return text.find(stop) != std::string::npos; });
  }

  /// Whether the newest token completes a line that is the last one. Only the line is decoded.
  bool ended_last_line(Sequence& sequence) {
    if (!params_.is_last_line || !has_newline(sequence.ids.back())) return false;
    const TokenIds tail(sequence.ids.begin() + sequence.newline, sequence.ids.end());
    sequence.newline = std::ssize(sequence.ids) - 1;
    return params_.is_last_line(last_complete_line(text_of(tail)));
  }

  bool has_newline(int64_t id) {
    NewlineIn& known = newlines_.at(static_cast<size_t>(id));
    if (known == NewlineIn::unknown)
      known = text_of({id}).find('\n') == std::string::npos ? NewlineIn::no : NewlineIn::yes;
    return known == NewlineIn::yes;
  }

  std::string text_of(const TokenIds& ids) const { return policy_.tokenizer().decode(ids); }

  void finish(Sequence& sequence, FinishReason reason, std::string_view text) {
    for (const std::string& stop : params_.stop) text = text.substr(0, text.find(stop));
    auto& samples = results_[static_cast<size_t>(sequence.request)];
    samples[static_cast<size_t>(sequence.sample)] = {std::move(sequence.ids), strip(text), reason};
    sequence.done = true;
    --remaining_;
  }

  Policy& policy_;
  std::vector<KeyValueStore>& stores_;
  GenerationStats& stats_;
  const SamplingParams& params_;
  Scheduler scheduler_;
  std::vector<std::vector<Completion>> results_;
  int64_t remaining_ = 0;
  enum class NewlineIn : char { unknown, no, yes };
  std::vector<NewlineIn> newlines_;  // of each token; to decode a token costs microseconds
};

}  // namespace

Generator::Generator(Policy& policy, const GenerationSettings& options)
    : policy_(policy),
      options_(options),
      scope_(policy.model()),
      stores_(policy.model().make_stores(options.max_cache_tokens)) {
  check(options.max_batch_size > 0 && options.max_cache_tokens > 0,
        "[generate] max_batch_size and max_cache_tokens must be positive");
}

std::vector<std::vector<Completion>> Generator::generate(const std::vector<GenerationRequest>& requests,
                                                         const SamplingParams& params,
                                                         const std::function<void(int64_t)>& on_done) {
  check(params.max_new_tokens > 0, "[generate] max_new_tokens is ", params.max_new_tokens,
        ", at least 1 is wanted");
  return Session(policy_, stores_, options_, stats_, requests, params).run(on_done);
}

}  // namespace selfreward
