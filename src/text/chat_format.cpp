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

ChatFormat ChatFormat::load(const fs::path& dir, std::vector<int64_t> stop_ids,
                            const TemplateSettings& settings) {
  Tokenizer tokenizer = Tokenizer::load(dir);
  if (const auto token = eos_token(dir)) {
    const auto id = tokenizer.token_to_id(*token);
    check(id.has_value(), "[chat] ", (dir / "tokenizer_config.json").string(), ": eos_token '", *token,
          "' is not in the vocabulary");
    stop_ids.push_back(*id);
  }
  std::optional<ChatTemplate> chat_template;
  if (fs::exists(dir / "chat_template.jinja") || tokenizer_config(dir).contains("chat_template"))
    chat_template = ChatTemplate::load(dir, settings);
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

Rendering ChatFormat::rendering(const Json& messages, bool add_generation_prompt,
                                const TemplateInputs& inputs) const {
  check(template_.has_value(), "[chat] ", where_,
        " has no chat template (it is a base model); put the template that it is "
        "to be trained with into chat_template.jinja there");
  return template_->rendering(messages, add_generation_prompt, inputs);
}

std::string ChatFormat::render(const Conversation& messages, bool add_generation_prompt) const {
  return rendering(messages, add_generation_prompt, {}).text;
}

/// The ids of the first `size` bytes.
TokenIds ChatFormat::encode(const Rendering& rendering, size_t size) const {
  const MarkedText whole{rendering.text, rendering.data};
  const MarkedText part = piece_of(whole, std::string_view(whole.text).substr(0, size));
  return tokenizer_.encode(part.text, /*add_special=*/false, part.data);
}

TokenIds ChatFormat::prompt_ids(const Conversation& messages, const TemplateInputs& inputs) const {
  return message_ids(messages, inputs);
}

TokenIds ChatFormat::message_ids(const Json& messages, const TemplateInputs& inputs) const {
  return encode(rendering(messages, /*add_generation_prompt=*/true, inputs));
}

namespace {

void check_ends_with_assistant(const Conversation& messages) {
  check(!messages.empty() && messages.back().role == "assistant",
        "[chat] a training conversation must end with a message of the assistant, found ",
        messages.empty() ? "no message" : "role '" + messages.back().role + "'");
}

Conversation without_last(const Conversation& messages) {
  return {messages.begin(), messages.end() - 1};
}

void check_prefix(const TokenIds& whole, const TokenIds& prompt) {
  check(starts_with(whole, prompt),
        "[chat] the prompt's tokens are not a prefix of the conversation's: the chat "
        "template writes a finished turn differently from one to be answered, or a token spans the boundary");
}

constexpr const char* kNoStop =
    "[chat] the chat template ends the assistant's turn without any of the stop tokens, so a model trained "
    "with it would never stop; is eos_token_id right?";

}  // namespace

ChatFormat::Turn ChatFormat::training_turn(const Conversation& messages, const TemplateInputs& inputs) const {
  check_ends_with_assistant(messages);
  const TokenIds prompt = prompt_ids(without_last(messages), inputs);
  const TokenIds whole = encode(rendering(messages, /*add_generation_prompt=*/false, inputs));
  check_prefix(whole, prompt);
  const auto reply_end = whole.rend() - static_cast<std::ptrdiff_t>(prompt.size());
  const auto last_stop = std::find_if(whole.rbegin(), reply_end, [&](int64_t id) { return is_stop(id); });
  check(last_stop != reply_end, kNoStop);
  return {prompt, TokenIds(whole.begin() + static_cast<std::ptrdiff_t>(prompt.size()), last_stop.base())};
}

std::vector<bool> ChatFormat::assistant_mask(const Rendering& whole, const TokenIds& ids) const {
  check(whole.generated.has_value(),
        "[chat] a {% generation %} block of the chat template lies inside a macro, a set block or another "
        "block, so that the tokens it stands for are not known; move it out");
  const auto tokens_before = [&](size_t byte) {
    const TokenIds before = encode(whole, byte);
    check(starts_with(ids, before),
          "[chat] a token lies across the border of a {% generation %} block of the chat template, so that "
          "it is neither the assistant's nor not");
    return before.size();
  };
  std::vector<bool> mask(ids.size(), false);
  for (const ByteRange& block : *whole.generated)
    std::fill(mask.begin() + static_cast<std::ptrdiff_t>(tokens_before(block.begin)),
              mask.begin() + static_cast<std::ptrdiff_t>(tokens_before(block.end)), true);
  return mask;
}

ChatFormat::TrainingRow ChatFormat::training_row(const Conversation& messages,
                                                 const TemplateInputs& inputs) const {
  if (!template_ || !template_->marks_generation()) {
    Turn turn = training_turn(messages, inputs);
    return {std::move(turn.prompt), std::move(turn.response), {}};
  }
  check_ends_with_assistant(messages);
  const Rendering whole = rendering(messages, /*add_generation_prompt=*/false, inputs);
  const TokenIds ids = encode(whole), prompt = prompt_ids(without_last(messages), inputs);
  check_prefix(ids, prompt);
  const std::vector<bool> mask = assistant_mask(whole, ids);
  bool stops = false;
  for (size_t i = prompt.size(); i < ids.size(); ++i) stops = stops || (mask[i] && is_stop(ids[i]));
  check(stops, kNoStop);
  const auto first = std::find(mask.begin(), mask.end(), true) - mask.begin();
  const auto end = mask.rend() - std::find(mask.rbegin(), mask.rend(), true);
  check(first > 0, "[chat] the chat template marks the first token as the assistant's; nothing predicts it");
  return {TokenIds(ids.begin(), ids.begin() + first), TokenIds(ids.begin() + first, ids.begin() + end),
          std::vector<bool>(mask.begin() + first, mask.begin() + end)};
}

std::string ChatFormat::reply_text(const TokenIds& ids) const {
  return strip(tokenizer_.decode(ids));
}

bool ChatFormat::is_stop(int64_t id) const {
  return std::binary_search(stop_ids_.begin(), stop_ids_.end(), id);
}

}  // namespace selfreward
