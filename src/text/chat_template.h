#pragma once
// The chat template of a checkpoint: the one renderer that training, generation, judging and chat share.
#include <string>

#include "base/files.h"
#include "data/records.h"
#include "text/jinja.h"

namespace selfreward {

class ChatTemplate {
 public:
  /// From `dir`/chat_template.jinja, or "chat_template" of `dir`/tokenizer_config.json; bos_token, eos_token,
  /// pad_token and unk_token of that file are given to the template. No template is an error that says so.
  static ChatTemplate load(const fs::path& dir);
  ChatTemplate(const std::string& source, Json special_tokens);

  /// The conversation as text, as transformers' apply_chat_template(messages, tokenize=False,
  /// add_generation_prompt=...). raise_exception() in a template becomes an Error with its text.
  std::string render(const Conversation& messages, bool add_generation_prompt) const;

 private:
  JinjaTemplate template_;
  Json special_tokens_;
};

}  // namespace selfreward
