#include "evaluate/judges/local_chat.h"

#include "base/in_row.h"

namespace selfreward {
namespace {

/// Tokens that a judge may choose between, as what they write.
struct ChoiceTexts {
  TokenIds ids;
  std::vector<std::string> texts;
};

ChoiceTexts choices_of(const Tokenizer& tokenizer, const ChatParams& params) {
  ChoiceTexts choices;
  if (params.top_logprobs == 0) return choices;
  check(params.is_choice != nullptr, "[evaluate] a local judge was asked for probabilities, but not of what");
  for (int64_t id = 0; id < tokenizer.vocab_size(); ++id) {
    std::string text = tokenizer.decode({id});
    if (!params.is_choice(text)) continue;
    choices.ids.push_back(id);
    choices.texts.push_back(std::move(text));
  }
  return choices;
}

/// The tokens of a reply, each with the choices at its place.
std::vector<ReplyToken> tokens_of(const Tokenizer& tokenizer, const Completion& completion,
                                  const ChoiceTexts& choices) {
  std::vector<ReplyToken> tokens;
  if (choices.ids.empty()) return tokens;
  for (size_t i = 0; i < completion.ids.size(); ++i) {
    ReplyToken& token = tokens.emplace_back(ReplyToken{tokenizer.decode({completion.ids[i]}), {}});
    for (size_t c = 0; c < choices.ids.size(); ++c)
      token.top.push_back({choices.texts[c], static_cast<double>(completion.watched[i][c])});
  }
  return tokens;
}

}  // namespace

Chat local_chat(const Writer& writer) {
  const auto generator = std::make_shared<Generator>(writer.policy, writer.generation);
  return
      [generator, seed = writer.seed](const std::vector<ChatQuestion>& questions, const ChatParams& params) {
        std::vector<GenerationRequest> requests;
        std::vector<size_t> asked;
        for (size_t i = 0; i < questions.size(); ++i) {
          TokenIds ids = in_row("question", questions[i].id,
                                [&] { return generator->chat().prompt_ids(questions[i].messages); });
          if (!generator->fits(ids)) continue;
          requests.push_back({std::move(ids), 1, seed.child(questions[i].id)});
          asked.push_back(i);
        }
        const Tokenizer& tokenizer = generator->chat().tokenizer();
        const ChoiceTexts choices = choices_of(tokenizer, params);
        SamplingParams sampling(params.sampling);
        sampling.is_last_line = params.is_last_line;
        sampling.watched = choices.ids;
        const auto completions = generator->generate(requests, sampling, params.on_done);
        std::vector<ChatReply> replies(questions.size(), {.text = "", .asked = false});
        for (size_t i = 0; i < asked.size(); ++i) {
          const Completion& made = completions[i][0];
          replies[asked[i]] = {made.text, made.finish_reason, tokens_of(tokenizer, made, choices),
                               /*asked=*/true};
        }
        return replies;
      };
}

}  // namespace selfreward
