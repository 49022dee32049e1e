#include "feedback/new_prompts.h"

#include "base/format.h"
#include "base/progress.h"

namespace selfreward {
namespace {

constexpr int64_t kMinRequests = 32;    // of a shard: the last prompts are found in few shards
constexpr int kMaxFruitlessShards = 5;  // in a row

PromptLimits limits_of(const PromptSettings& settings) {
  PromptLimits limits;
  limits.min_words = static_cast<size_t>(settings.min_words);
  limits.max_words = static_cast<size_t>(settings.max_words);
  limits.rouge_threshold = settings.rouge_threshold;
  if (!settings.keyword_filter) limits.keywords.clear();
  return limits;
}

/// `count` different elements of `from`, or all where there are fewer.
std::vector<std::string> pick(const std::vector<std::string>& from, int64_t count, const Seed& seed) {
  std::vector<std::string> picked;
  for (const size_t i : seed.permutation(from.size())) {
    if (std::ssize(picked) == count) break;
    picked.push_back(from[i]);
  }
  return picked;
}

std::string id_of(const std::string& name, size_t index) {
  return name + "-" + zero_padded(index, 5);
}

}  // namespace

std::string prompt_request(const PromptPool& pool, const std::vector<std::string>& generated,
                           const PromptSettings& settings, const Seed& seed) {
  auto shots = pick(generated, settings.generated_shots, seed.child("generated"));
  const int64_t missing =
      settings.generated_shots - std::ssize(shots);  // the first requests have no generated ones
  for (auto& shot : pick(pool.seeds, settings.seed_shots + missing, seed.child("seeds")))
    shots.push_back(std::move(shot));
  std::vector<std::string> shuffled;
  for (const size_t i : seed.child("order").permutation(shots.size())) shuffled.push_back(shots[i]);
  return few_shot_text(settings.header, shuffled);
}

void generate_prompts(const Writer& writer, const PromptPool& pool, const PromptSettings& settings,
                      const std::string& name, RecordSink<Prompt>& out) {
  check(!pool.seeds.empty(), "[prompts] there are no seed instructions to show; data.ift is empty");
  PromptFilter filter(limits_of(settings));
  for (const std::string& text : pool.seeds) filter.add(text);
  for (const std::string& text : pool.earlier) filter.add(text);
  std::vector<std::string> generated = pool.earlier;
  for (const Prompt& prompt : out.records()) {
    filter.add(prompt.text);
    generated.push_back(prompt.text);
  }
  const int64_t shard_size = out.shard_size(writer.generation.shard_size);
  Generator generator(writer.policy, writer.generation);
  Progress progress("new prompts", settings.num_prompts, "prompts", std::ssize(out.records()));
  int fruitless = 0;
  while (std::ssize(out.records()) < settings.num_prompts) {
    const int64_t wanted = settings.num_prompts - std::ssize(out.records());
    std::vector<GenerationRequest> requests;
    for (int64_t i = 0; i < std::clamp(wanted, std::min(kMinRequests, shard_size), shard_size); ++i) {
      const Seed address = writer.seed.child("new_prompts", out.shards(), i);
      const std::string text = prompt_request(pool, generated, settings, address);
      requests.push_back({writer.policy.chat().completion_ids(text), 1, address.child("sample")});
    }
    std::vector<Prompt> kept;
    Counts dropped;
    const OnDone on_done = [&](int64_t done, int64_t total) {
      progress.update(std::ssize(out.records()), str(done, " of ", total, " replies"));
    };
    for (const auto& completions : generator.generate(requests, settings.sampling, on_done))
      for (const std::string& task : parse_new_prompts(writer.policy.tokenizer().decode(completions[0].ids),
                                                       completions[0].finish_reason)) {
        if (std::ssize(kept) == wanted) break;
        if (const auto reason = filter.reject_reason(task)) {
          ++dropped[*reason];
          continue;
        }
        filter.add(task);
        generated.push_back(task);
        kept.push_back({id_of(name, out.records().size() + kept.size()), task, name});
      }
    out.append(kept, dropped);
    progress.update(std::ssize(out.records()));
    fruitless = kept.empty() ? fruitless + 1 : 0;
    check(fruitless < kMaxFruitlessShards, "[prompts] ", out.records().size(), " of ", settings.num_prompts,
          " prompts were found, then no acceptable one in ", fruitless,
          " shards (dropped: ", Json(out.counts()).dump(),
          "); raise prompts.sampling.temperature or prompts.rouge_threshold, or ask for fewer");
  }
}

}  // namespace selfreward
