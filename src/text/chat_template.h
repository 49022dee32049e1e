#pragma once
// The chat template of a checkpoint: the one renderer that training, generation, judging and chat share.
#include <string>

#include "base/files.h"
#include "data/records.h"
#include "text/jinja.h"

namespace selfreward {

/// What a user may say to a template beside the conversation; the same for all stages of a run.
struct TemplateSettings {
  std::string kwargs;  // more variables as a JSON object, {"enable_thinking": false}; empty: none
  std::string date;    // what strftime_now says, as 2026-07-01; empty: today
};

/// The variables of TemplateSettings::kwargs. Error where it is not a JSON object, or sets what the program
/// sets.
Json template_variables(const std::string& kwargs);
void check_template_variables(const Json& variables);
/// 2026-07-01 as a date; an Error where it is none. Empty: today, at midnight.
std::tm template_date(const std::string& date);

class ChatTemplate {
 public:
  /// From `dir`/chat_template.jinja, or "chat_template" of `dir`/tokenizer_config.json; bos_token, eos_token,
  /// pad_token and unk_token of that file are given to the template. No template is an error that says so.
  static ChatTemplate load(const fs::path& dir, const TemplateSettings& settings = {});
  ChatTemplate(const std::string& source, Json special_tokens, const TemplateSettings& settings = {});

  /// The conversation as text, as transformers' apply_chat_template(messages, tools=..., tokenize=False,
  /// add_generation_prompt=..., **kwargs): `messages` a list of {role, content, ...}. The kwargs of `inputs`
  /// go before those of the settings. Where the template refuses or leaves out a developer's message, its
  /// role is system. Error with the roles of the messages where the template raises one, and with the message
  /// or the part of it that the template leaves out without a word (template_losses.h).
  Rendering rendering(const Json& messages, bool add_generation_prompt,
                      const TemplateInputs& inputs = {}) const;
  std::string render(const Conversation& messages, bool add_generation_prompt) const {
    return rendering(messages, add_generation_prompt).text;
  }
  /// Whether the template marks the assistant's text with {% generation %}.
  bool marks_generation() const { return template_.marks_generation(); }

 private:
  Rendering run(const Json& messages, bool add_generation_prompt, const TemplateInputs& inputs) const;
  Rendering checked(const Json& messages, bool add_generation_prompt, const TemplateInputs& inputs) const;

  JinjaTemplate template_;
  Json variables_;
  std::tm date_;
};

}  // namespace selfreward
