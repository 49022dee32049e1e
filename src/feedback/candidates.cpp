#include "feedback/candidates.h"

#include "base/in_row.h"
#include "data/shards.h"

namespace selfreward {

void generate_candidates(const Writer& writer, const std::vector<Prompt>& prompts,
                         const CandidateSettings& settings, RecordSink<Candidate>& out) {
  Generator generator(writer.policy, writer.generation);
  const auto make = [&](std::span<const Prompt> shard, const OnDone& on_done) {
    std::vector<GenerationRequest> requests;
    std::vector<const Prompt*> asked;
    Counts dropped;
    for (const Prompt& prompt : shard) {
      TokenIds ids = in_row("prompt", prompt.id, [&] {
        return writer.policy.chat().prompt_ids({{"user", prompt.text}});
      });
      if (!generator.fits(ids)) {
        ++dropped["prompt_too_long"];
        continue;
      }
      requests.push_back(
          {std::move(ids), settings.num_generations, writer.seed.child("candidates", prompt.id)});
      asked.push_back(&prompt);
    }
    const auto completions = generator.generate(requests, settings.sampling, on_done);
    std::vector<Candidate> made;
    for (size_t i = 0; i < asked.size(); ++i)
      for (int64_t n = 0; n < settings.num_generations; ++n) {
        const Completion& answer = completions[i][static_cast<size_t>(n)];
        made.push_back({asked[i]->id, n, answer.ids, answer.text, answer.finish_reason});
      }
    out.append(made, dropped);
  };
  for_each_shard(prompts, writer.generation.shard_size, "candidates", out, make);
}

}  // namespace selfreward
