#include "serve/answer_plan.h"

#include "model/tree/token_tree.h"

namespace selfreward {
namespace {

constexpr int64_t kDefaultCompletionTokens = 16;
constexpr int64_t kSparePages = 4;  // a prompt that others share parts with is cut into more pages

/// What fails because of the client's text is the client's error.
template <typename Work>
auto as_bad_request(const std::string& param, const Work& work) {
  try {
    return work();
  } catch (const ApiError&) {
    throw;
  } catch (const Error& error) {
    bad_request(param, error.what());
  }
}

void check_ids(const TokenIds& ids, const Tokenizer& tokenizer, const ModelRoom& room) {
  for (const int64_t id : ids) {
    if (id >= room.vocab)
      bad_request("prompt",
                  str("the token id ", id, " is not below ", room.vocab, ", the model's vocabulary"));
    tokenizer.id_to_token(id);
  }
}

std::vector<PlannedPrompt> prompts_of(const ApiRequest& request, const ChatFormat& format,
                                      const ModelRoom& room) {
  if (request.chat)
    return as_bad_request("messages", [&] {
      return std::vector<PlannedPrompt>{
          {format.message_ids(request.messages, {.tools = request.tools}), "", 0}};
    });
  return as_bad_request("prompt", [&] {
    std::vector<PlannedPrompt> prompts;
    for (const std::string& text : request.texts) prompts.push_back({format.completion_ids(text), text, 0});
    for (const TokenIds& ids : request.ids) {
      check_ids(ids, format.tokenizer(), room);
      prompts.push_back({ids, format.tokenizer().decode(ids), 0});
    }
    return prompts;
  });
}

/// The longest answer that the context and the cache have room for.
int64_t room_behind(int64_t prompt, const ModelRoom& room) {
  const int64_t pages = room.cache_tokens / kPageSlots - kSparePages;
  return std::min(room.context - prompt, pages * kPageSlots - whole_pages(prompt));
}

[[noreturn]] void too_long(const ApiRequest& request, int64_t prompt, int64_t wanted, const ModelRoom& room) {
  const char* param = request.chat ? "messages" : "prompt";
  const int64_t total = prompt + wanted;
  if (total > room.context)
    bad_request(
        param,
        str("this model's maximum context length is ", room.context, " tokens, but the prompt has ", prompt,
            " and an answer of up to ", wanted, " was asked for (max_tokens); shorten either"),
        "context_length_exceeded");
  bad_request(param,
              str("the prompt of ", prompt, " tokens with an answer of up to ", wanted,
                  " does not fit the server's KV cache of ", room.cache_tokens, " (--max-cache-tokens)"),
              "context_length_exceeded");
}

void set_max_tokens(PlannedPrompt& prompt, const ApiRequest& request, const ModelRoom& room) {
  const int64_t length = std::ssize(prompt.ids), most = room_behind(length, room);
  if (length == 0) bad_request("prompt", "a prompt has no tokens; this model has no token for the beginning");
  const int64_t wanted = request.max_tokens.value_or(
      std::max<int64_t>(1, request.chat ? most : std::min(most, kDefaultCompletionTokens)));
  const int64_t drawn = std::max<int64_t>(wanted, 1);  // a prompt's scores alone cost a token that is dropped
  if (drawn > most) too_long(request, length, drawn, room);
  prompt.max_tokens = wanted;
}

}  // namespace

int64_t AnswerPlan::prompt_tokens() const {
  int64_t tokens = 0;
  for (const PlannedPrompt& prompt : prompts) tokens += std::ssize(prompt.ids);
  return tokens;
}

AnswerPlan plan_answer(ApiRequest request, const ChatFormat& format, const ModelRoom& room) {
  AnswerPlan plan{std::move(request), {}};
  plan.prompts = prompts_of(plan.request, format, room);
  for (PlannedPrompt& prompt : plan.prompts) set_max_tokens(prompt, plan.request, room);
  return plan;
}

}  // namespace selfreward
