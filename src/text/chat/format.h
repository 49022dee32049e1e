#pragma once
// A conversation as token ids: the tokenizer, the chat template and the stop tokens of one checkpoint.
// Training and generation meet here, so that what is trained is what is generated:
//   prompt_ids(conversation)    ends where the assistant is to begin
//   training_turn(conversation) the same prompt ids, then the reply through its end-of-turn token
// A special token that stands in a message ("<|im_end|>" in a user's text) is encoded as the text it is.
#include <optional>
#include <vector>

#include "text/chat/template.h"
#include "text/tokenizer/tokenizer.h"

namespace selfreward {

/// Which answers of a conversation are trained where neither the chat template nor a mark says so.
enum class TrainOn { last, all };

/// Of each message whether it is trained by a template without {% generation %} blocks: an answer with a mark
/// (training_marks.h) as the mark says, the others as `train_on` does.
std::vector<bool> trained_messages(const Conversation& messages, TrainOn train_on);

class ChatFormat {
 public:
  /// The tokenizer and template of a checkpoint directory; a base model may have no template, as long as it
  /// is only asked to continue plain text. `stop_ids` are the tokens that end a reply (eos of config.json and
  /// generation_config.json); the eos_token of the tokenizer's settings is added.
  static ChatFormat load(const fs::path& dir, std::vector<int64_t> stop_ids,
                         const TemplateSettings& settings = {});
  ChatFormat(Tokenizer tokenizer, std::optional<ChatTemplate> chat_template, std::vector<int64_t> stop_ids,
             std::string where = "the checkpoint");

  /// The conversation with the generation prompt, ready for an assistant's reply.
  TokenIds prompt_ids(const Conversation& messages, const TemplateInputs& inputs = {}) const;
  /// The same of JSON messages, as a request has them.
  TokenIds message_ids(const Json& messages, const TemplateInputs& inputs = {}) const;
  /// Plain text to be continued, with the tokens (BOS) that the tokenizer puts around a text.
  TokenIds completion_ids(const std::string& text) const {
    return tokenizer_.encode(text, /*add_special=*/true);
  }

  struct Turn {
    TokenIds prompt;
    TokenIds response;  // ends with a stop token
  };
  /// The last message must be the assistant's. Error where the template does not end it with a stop token, or
  /// where prompt and reply melt into one token, so that generation could never produce what is trained.
  Turn training_turn(const Conversation& messages, const TemplateInputs& inputs = {}) const;

  struct TrainingRow {
    TokenIds prompt;
    TokenIds response;
    std::vector<bool> learnt;  // of each token of the response; empty: all
  };
  /// What supervised training learns of a conversation; nothing where marks leave no answer to train. A
  /// template with {% generation %} blocks says it itself, for every turn of the assistant, less what marks
  /// take out: the mask is transformers' assistant_tokens_mask, and prompt is what comes before it. Otherwise
  /// it is the training turn of each of trained_messages. Errors as there, where a token lies across the
  /// border of a block, where marks and blocks cannot be matched, and where the template writes an earlier
  /// answer differently once other messages follow.
  std::optional<TrainingRow> training_row(const Conversation& messages, const TemplateInputs& inputs = {},
                                          TrainOn train_on = TrainOn::last) const;
  /// Whether the chat template says what is trained.
  bool marks_generation(const TemplateInputs& inputs = {}) const;

  bool is_stop(int64_t id) const;
  const std::vector<int64_t>& stop_ids() const { return stop_ids_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  /// The conversation as text; an error where the checkpoint has no chat template.
  std::string render(const Conversation& messages, bool add_generation_prompt) const;

 private:
  Rendering rendering(const Json& messages, bool add_generation_prompt, const TemplateInputs& inputs) const;
  TokenIds encode(const Rendering& rendering, size_t size = std::string::npos) const;
  std::optional<TrainingRow> answers_row(const Conversation& messages, const TemplateInputs& inputs,
                                         const std::vector<bool>& trained) const;
  std::vector<std::pair<size_t, size_t>> generated_tokens(const Rendering& whole, const TokenIds& ids) const;
  std::optional<TrainingRow> generated_row(const Conversation& messages, const TemplateInputs& inputs) const;

  Tokenizer tokenizer_;
  std::optional<ChatTemplate> template_;
  std::string where_;
  std::vector<int64_t> stop_ids_;
};

}  // namespace selfreward
