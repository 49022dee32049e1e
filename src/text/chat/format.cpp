#include "text/chat/format.h"

#include <algorithm>

#include "base/text_util.h"
#include "text/tokenizer/files.h"

namespace selfreward {

ChatFormat ChatFormat::load(const fs::path& dir, std::vector<int64_t> stop_ids,
                            const TemplateSettings& settings) {
  Tokenizer tokenizer = Tokenizer::load(dir);
  const TokenizerFiles files = read_tokenizer_files(dir);
  const Json tokenizer_config = tokenizer_settings(files, dir.string());
  const auto tokens = named_tokens(tokenizer_config);
  if (const auto eos = tokens.find("eos_token"); eos != tokens.end())
    if (const auto id = tokenizer.token_to_id(eos->second)) stop_ids.push_back(*id);
  std::optional<ChatTemplate> chat_template;
  if (!chat_templates(files, tokenizer_config, dir.string()).empty())
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

bool ChatFormat::marks_generation(const TemplateInputs& inputs) const {
  return template_ && template_->marks_generation(inputs);
}

TokenIds ChatFormat::prompt_ids(const Conversation& messages, const TemplateInputs& inputs) const {
  return message_ids(messages, inputs);
}

TokenIds ChatFormat::message_ids(const Json& messages, const TemplateInputs& inputs) const {
  return encode(rendering(messages, /*add_generation_prompt=*/true, inputs));
}

bool ChatFormat::is_stop(int64_t id) const {
  return std::binary_search(stop_ids_.begin(), stop_ids_.end(), id);
}

}  // namespace selfreward
