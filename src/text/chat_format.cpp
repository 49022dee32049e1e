#include "text/chat_format.h"

#include <algorithm>

#include "base/text_util.h"

namespace selfreward {
namespace {

LookupJson tokenizer_config(const fs::path& dir) {
  const fs::path path = dir / "tokenizer_config.json";
  return fs::exists(path) ? read_json<LookupJson>(path) : LookupJson::object();
}

/// eos_token of tokenizer_config.json: a string or {"content": ...}; absent where there is none.
std::optional<std::string> eos_token(const fs::path& dir) {
  const LookupJson config = tokenizer_config(dir);
  if (!config.contains("eos_token") || config["eos_token"].is_null()) return std::nullopt;
  const LookupJson& token = config["eos_token"];
  return token.is_object() ? token.at("content").get<std::string>() : token.get<std::string>();
}

bool starts_with(const TokenIds& ids, const TokenIds& prefix) {
  return ids.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), ids.begin());
}

}  // namespace

ChatFormat ChatFormat::load(const fs::path& dir, std::vector<int64_t> stop_ids) {
  Tokenizer tokenizer = Tokenizer::load(dir);
  if (const auto token = eos_token(dir)) {
    const auto id = tokenizer.token_to_id(*token);
    check(id.has_value(), "[chat] ", (dir / "tokenizer_config.json").string(), ": eos_token '", *token,
          "' is not in the vocabulary");
    stop_ids.push_back(*id);
  }
  std::optional<ChatTemplate> chat_template;
  if (fs::exists(dir / "chat_template.jinja") || tokenizer_config(dir).contains("chat_template"))
    chat_template = ChatTemplate::load(dir);
  return ChatFormat(std::move(tokenizer), std::move(chat_template), std::move(stop_ids), dir.string());
}

ChatFormat::ChatFormat(Tokenizer tokenizer, std::optional<ChatTemplate> chat_template,
                       std::vector<int64_t> stop_ids, std::string where)
    : tokenizer_(std::move(tokenizer)),
      template_(std::move(chat_template)),
      where_(std::move(where)),
      stop_ids_(std::move(stop_ids)) {
  std::sort(stop_ids_.begin(), stop_ids_.end());
  stop_ids_.erase(std::unique(stop_ids_.begin(), stop_ids_.end()), stop_ids_.end());
  check(!stop_ids_.empty(),
        "[chat] no token ends a reply: eos_token_id is missing in config.json, "
        "generation_config.json and tokenizer_config.json");
}

std::string ChatFormat::render(const Conversation& messages, bool add_generation_prompt) const {
  check(template_.has_value(), "[chat] ", where_,
        " has no chat template (it is a base model); put the template that it is "
        "to be trained with into chat_template.jinja there");
  return template_->render(messages, add_generation_prompt);
}

TokenIds ChatFormat::prompt_ids(const Conversation& messages) const {
  return tokenizer_.encode(render(messages, /*add_generation_prompt=*/true));
}

ChatFormat::Turn ChatFormat::training_turn(const Conversation& messages) const {
  check(!messages.empty() && messages.back().role == "assistant",
        "[chat] a training conversation must end with a message of the assistant, found ",
        messages.empty() ? "no message" : "role '" + messages.back().role + "'");
  const TokenIds prompt = prompt_ids({messages.begin(), messages.end() - 1});
  const TokenIds whole = tokenizer_.encode(render(messages, /*add_generation_prompt=*/false));
  check(starts_with(whole, prompt),
        "[chat] the prompt's tokens are not a prefix of the conversation's: the chat "
        "template writes a finished turn differently from one to be answered, or a token spans the boundary");
  const auto last_stop =
      std::find_if(whole.rbegin(), whole.rend() - static_cast<std::ptrdiff_t>(prompt.size()),
                   [&](int64_t id) { return is_stop(id); });
  check(
      last_stop != whole.rend() - static_cast<std::ptrdiff_t>(prompt.size()),
      "[chat] the chat template ends the assistant's turn without any of the stop tokens, so a model trained "
      "with it would never stop; is eos_token_id right?");
  return {prompt, TokenIds(whole.begin() + static_cast<std::ptrdiff_t>(prompt.size()), last_stop.base())};
}

std::string ChatFormat::reply_text(const TokenIds& ids) const {
  return strip(tokenizer_.decode(ids));
}

bool ChatFormat::is_stop(int64_t id) const {
  return std::binary_search(stop_ids_.begin(), stop_ids_.end(), id);
}

}  // namespace selfreward
