#include "evaluate/judges/local_chat.h"

#include "base/in_row.h"

namespace selfreward {

Chat local_chat(const Writer& writer) {
  const auto generator = std::make_shared<Generator>(writer.policy, writer.generation);
  return
      [generator, seed = writer.seed](const std::vector<ChatQuestion>& questions, const ChatParams& params) {
        check(params.top_logprobs == 0,
              "[evaluate] a local judge gives no probabilities of its verdict; leave out --weighted or use "
              "--endpoint");
        std::vector<GenerationRequest> requests;
        std::vector<size_t> asked;
        for (size_t i = 0; i < questions.size(); ++i) {
          TokenIds ids = in_row("question", questions[i].id,
                                [&] { return generator->chat().prompt_ids(questions[i].messages); });
          if (!generator->fits(ids)) continue;
          requests.push_back({std::move(ids), 1, seed.child(questions[i].id)});
          asked.push_back(i);
        }
        SamplingParams sampling(params.sampling);
        sampling.is_last_line = params.is_last_line;
        const auto completions = generator->generate(requests, sampling, params.on_done);
        std::vector<ChatReply> replies(questions.size(), {.text = "", .asked = false});
        for (size_t i = 0; i < asked.size(); ++i)
          replies[asked[i]] = {completions[i][0].text, completions[i][0].finish_reason, {}, /*asked=*/true};
        return replies;
      };
}

}  // namespace selfreward
