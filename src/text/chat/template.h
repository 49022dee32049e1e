#pragma once
// The chat template of a checkpoint: the one renderer that training, generation, judging and chat share.
#include <optional>
#include <string>

#include "base/files.h"
#include "data/records.h"
#include "text/jinja/template.h"

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
  /// The templates and special tokens of `dir` (text/tokenizer/files.h): "tool_use" is taken where a
  /// conversation has tools, else "default", which must be there. bos_token, eos_token and others with a name
  /// are given to them.
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
  /// Whether the template that is taken for `inputs` marks the assistant's text with {% generation %}.
  bool marks_generation(const TemplateInputs& inputs) const {
    return template_for(inputs).marks_generation();
  }

 private:
  ChatTemplate(JinjaTemplate source, Json special_tokens, const TemplateSettings& settings);
  const JinjaTemplate& template_for(const TemplateInputs& inputs) const;
  Rendering run(const JinjaTemplate& source, const Json& messages, bool add_generation_prompt,
                const TemplateInputs& inputs) const;
  Rendering checked(const Json& messages, bool add_generation_prompt, const TemplateInputs& inputs) const;

  JinjaTemplate default_;
  std::optional<JinjaTemplate> tool_use_;
  Json variables_;
  std::tm date_;
};

}  // namespace selfreward
