// What supervised training learns of a conversation (ChatFormat::training_turn, training_row).
#include <algorithm>

#include "data/training_marks.h"
#include "text/chat/format.h"

namespace selfreward {
namespace {

bool starts_with(const TokenIds& ids, const TokenIds& prefix) {
  return ids.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), ids.begin());
}

void check_ends_with_assistant(const Conversation& messages) {
  check(!messages.empty() && messages.back().role == "assistant",
        "[chat] a training conversation must end with a message of the assistant, found ",
        messages.empty() ? "no message" : "role '" + messages.back().role + "'");
}

Conversation first_messages(const Conversation& messages, size_t count) {
  return {messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count)};
}

void check_prefix(const TokenIds& whole, const TokenIds& prompt) {
  check(starts_with(whole, prompt),
        "[chat] the prompt's tokens are not a prefix of the conversation's: the chat "
        "template writes a finished turn differently from one to be answered, or a token spans the boundary");
}

constexpr const char* kNoStop =
    "[chat] the chat template ends the assistant's turn without any of the stop tokens, so a model trained "
    "with it would never stop; is eos_token_id right?";

TokenIds joined(const ChatFormat::Turn& turn) {
  TokenIds ids = turn.prompt;
  ids.insert(ids.end(), turn.response.begin(), turn.response.end());
  return ids;
}

/// From the first token that is learnt to the last one; nothing where there is none.
std::optional<ChatFormat::TrainingRow> learnt_row(const TokenIds& ids, const std::vector<bool>& mask) {
  const auto first = std::find(mask.begin(), mask.end(), true) - mask.begin();
  const auto end = mask.rend() - std::find(mask.rbegin(), mask.rend(), true);
  if (first == std::ssize(mask)) return std::nullopt;
  check(first > 0, "[chat] the chat template marks the first token as the assistant's; nothing predicts it");
  return ChatFormat::TrainingRow{TokenIds(ids.begin(), ids.begin() + first),
                                 TokenIds(ids.begin() + first, ids.begin() + end),
                                 std::vector<bool>(mask.begin() + first, mask.begin() + end)};
}

/// Of each {% generation %} block, which stand for the assistant's messages in order, whether it is trained.
std::vector<bool> trained_blocks(const Conversation& messages, size_t blocks) {
  std::vector<bool> trained;
  for (const Message& message : messages)
    if (message.role == "assistant") trained.push_back(training_mark(message).value_or(true));
  const bool marked = std::any_of(messages.begin(), messages.end(),
                                  [](const Message& message) { return training_mark(message).has_value(); });
  if (!marked) return std::vector<bool>(blocks, true);
  check(trained.size() == blocks, "[chat] the chat template writes ", blocks, " {% generation %} blocks for ",
        trained.size(),
        " messages of the assistant, so which block a message's mark (\"train\") is about is "
        "not known; remove the marks");
  return trained;
}

}  // namespace

std::vector<bool> trained_messages(const Conversation& messages, TrainOn train_on) {
  std::vector<bool> trained;
  for (size_t i = 0; i < messages.size(); ++i) {
    const bool unmarked = train_on == TrainOn::all || i + 1 == messages.size();
    trained.push_back(messages[i].role == "assistant" && training_mark(messages[i]).value_or(unmarked));
  }
  return trained;
}

ChatFormat::Turn ChatFormat::training_turn(const Conversation& messages, const TemplateInputs& inputs) const {
  check_ends_with_assistant(messages);
  const TokenIds prompt = prompt_ids(first_messages(messages, messages.size() - 1), inputs);
  const TokenIds whole = encode(rendering(messages, /*add_generation_prompt=*/false, inputs));
  check_prefix(whole, prompt);
  const auto reply_end = whole.rend() - static_cast<std::ptrdiff_t>(prompt.size());
  const auto last_stop = std::find_if(whole.rbegin(), reply_end, [&](int64_t id) { return is_stop(id); });
  check(last_stop != reply_end, kNoStop);
  return {prompt, TokenIds(whole.begin() + static_cast<std::ptrdiff_t>(prompt.size()), last_stop.base())};
}

/// Each trained answer is the training turn of the conversation up to it, so that what is learnt is what
/// would be generated there.
std::optional<ChatFormat::TrainingRow> ChatFormat::answers_row(const Conversation& messages,
                                                               const TemplateInputs& inputs,
                                                               const std::vector<bool>& trained) const {
  const auto after_last =
      static_cast<size_t>(trained.rend() - std::find(trained.rbegin(), trained.rend(), true));
  if (after_last == 0) return std::nullopt;
  const Turn last = training_turn(first_messages(messages, after_last), inputs);
  if (std::count(trained.begin(), trained.end(), true) == 1)
    return TrainingRow{last.prompt, last.response, {}};
  const TokenIds ids = joined(last);
  std::vector<bool> mask(last.prompt.size(), false);
  mask.resize(ids.size(), true);
  for (size_t i = 0; i + 1 < after_last; ++i) {
    if (!trained[i]) continue;
    const Turn turn = training_turn(first_messages(messages, i + 1), inputs);
    check(starts_with(ids, joined(turn)), "[chat] the chat template writes messages[", i,
          "] differently where other messages follow (many leave out earlier reasoning), so it cannot be "
          "trained beside the last answer; set sft.train_on to last and remove marks, or write a row per "
          "answer");
    std::fill_n(mask.begin() + std::ssize(turn.prompt), std::ssize(turn.response), true);
  }
  return learnt_row(ids, mask);
}

/// The tokens of each {% generation %} block, as begin and end.
std::vector<std::pair<size_t, size_t>> ChatFormat::generated_tokens(const Rendering& whole,
                                                                    const TokenIds& ids) const {
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
  std::vector<std::pair<size_t, size_t>> blocks;
  for (const ByteRange& block : *whole.generated)
    blocks.emplace_back(tokens_before(block.begin), tokens_before(block.end));
  return blocks;
}

std::optional<ChatFormat::TrainingRow> ChatFormat::generated_row(const Conversation& messages,
                                                                 const TemplateInputs& inputs) const {
  const Rendering whole = rendering(messages, /*add_generation_prompt=*/false, inputs);
  const TokenIds ids = encode(whole);
  const TokenIds prompt = prompt_ids(first_messages(messages, messages.size() - 1), inputs);
  check_prefix(ids, prompt);
  const auto blocks = generated_tokens(whole, ids);
  const std::vector<bool> trained = trained_blocks(messages, blocks.size());
  std::vector<bool> mask(ids.size(), false);
  bool stops = false;
  for (size_t block = 0; block < blocks.size(); ++block)
    for (size_t i = blocks[block].first; i < blocks[block].second; ++i) {
      stops = stops || (i >= prompt.size() && is_stop(ids[i]));
      mask[i] = trained[block];
    }
  check(stops, kNoStop);
  return learnt_row(ids, mask);
}

std::optional<ChatFormat::TrainingRow> ChatFormat::training_row(const Conversation& messages,
                                                                const TemplateInputs& inputs,
                                                                TrainOn train_on) const {
  check_ends_with_assistant(messages);
  if (marks_generation(inputs)) return generated_row(messages, inputs);
  return answers_row(messages, inputs, trained_messages(messages, train_on));
}

}  // namespace selfreward
