#include "infer/generator.h"

#include "base/interrupt.h"
#include "base/text_util.h"
#include "infer/running_batch.h"
#include "model/policy/causal_lm.h"
#include "model/policy/policy.h"

namespace selfreward {
namespace {

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
  Session(const Policy& policy, RunningBatch batch, const std::vector<GenerationRequest>& requests,
          const SamplingParams& params)
      : policy_(policy),
        params_(params),
        batch_(std::move(batch)),
        newlines_(static_cast<size_t>(policy.config().vocab_size)) {
    std::vector<RunningRequest> running;
    for (const GenerationRequest& request : requests) {
      results_.emplace_back(static_cast<size_t>(request.num_samples));
      remaining_ += request.num_samples;
      running.push_back({request.prompt, request.num_samples, request.seed, params,
                         [this](Sequence& sequence) { take(sequence); }, std::nullopt, nullptr});
    }
    batch_.watch(params.watched);
    batch_.add(std::move(running));
  }

  std::vector<std::vector<Completion>> run(const OnDone& on_done) {
    const int64_t total = remaining_;
    while (remaining_ > 0) {
      throw_if_interrupted();
      batch_.step();
      if (on_done) on_done(total - remaining_, total);
    }
    return std::move(results_);
  }

 private:
  /// Keeps the completion where its newest token is the last one.
  void take(Sequence& sequence) {
    const int64_t id = sequence.ids.back();
    if ((!params_.ignore_eos && policy_.chat().is_stop(id)) || found_stop_string(sequence.ids)) {
      finish(sequence, FinishReason::stop, text_of(sequence.ids));
    } else if (ended_last_line(sequence)) {
      const std::string text = text_of(sequence.ids);
      finish(sequence, FinishReason::stop, std::string_view(text).substr(0, text.rfind('\n')));
    } else if (std::ssize(sequence.ids) >= sequence.max_tokens) {
      finish(sequence, FinishReason::length, text_of(sequence.ids));
    }
  }

  bool found_stop_string(const TokenIds& ids) const {
    if (params_.stop.empty()) return false;
    size_t window = kStopWindow;
    for (const std::string& stop : params_.stop) window = std::max(window, stop.size() + kStopWindow);
    const TokenIds tail(ids.end() - static_cast<std::ptrdiff_t>(std::min(ids.size(), window)), ids.end());
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
    samples[static_cast<size_t>(sequence.sample)] = {std::move(sequence.ids), strip(text), reason,
                                                     std::move(sequence.watched)};
    sequence.done = true;
    --remaining_;
  }

  const Policy& policy_;
  const SamplingParams& params_;
  RunningBatch batch_;
  std::vector<std::vector<Completion>> results_;
  int64_t remaining_ = 0;
  enum class NewlineIn : char { unknown, no, yes };
  std::vector<NewlineIn> newlines_;  // of each token; to decode a token costs microseconds
};

}  // namespace

struct Generator::Packed {
  explicit Packed(CausalLM& model, int64_t slots) : scope(model) {
    const c10::InferenceMode mode;
    stores = model.make_stores(slots);
  }

  InferenceScope scope;
  std::vector<KeyValueStore> stores;
};

Generator::Generator(Policy& policy, const GenerationSettings& options) : policy_(policy), options_(options) {
  check(options.max_batch_size > 0 && options.max_cache_tokens > 0,
        "[generate] max_batch_size and max_cache_tokens must be positive");
  packed_ = std::make_unique<Packed>(policy.model(), options.max_cache_tokens);
}

Generator::~Generator() = default;

bool Generator::fits(const TokenIds& prompt) const {
  return std::ssize(prompt) < policy_.config().max_position_embeddings;
}

RunningBatch Generator::new_batch() {
  return {policy_, packed_->stores, options_, stats_};
}

std::vector<std::vector<Completion>> Generator::generate(const std::vector<GenerationRequest>& requests,
                                                         const SamplingParams& params,
                                                         const OnDone& on_done) {
  check(params.max_new_tokens > 0, "[generate] max_new_tokens is ", params.max_new_tokens,
        ", at least 1 is wanted");
  return Session(policy_, new_batch(), requests, params).run(on_done);
}

}  // namespace selfreward
