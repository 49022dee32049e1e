#pragma once
// Marks of other tools on what to train of a conversation: "train" of a message (axolotl), "loss" (ms-swift,
// slime), "weight" (OpenAI), "trainable" (verl), "step_loss_mask" (slime), "loss_mask"; true, false, 1 or 0.
// A mark is kept in the message as "train", in Message::full.
#include <optional>

#include "data/records.h"

namespace selfreward {

/// Reads the marks of `value`, the row's message, into `message`. An Error that begins with `where` for a
/// mark of another type, for marks that contradict each other, for one that asks to train what is not the
/// assistant's, and for "train_detail" (parts of a message), which is not read.
void read_training_mark(const Json& value, const std::string& where, Message& message);

/// Whether a message is to be trained, as far as it says so itself.
std::optional<bool> training_mark(const Message& message);

/// Takes the marks off the messages of a preference pair, which trains its two answers alone. An Error that
/// begins with `where` where a mark asks for anything else.
void drop_pair_marks(Conversation& prompt, Message& chosen, Message& rejected, const std::string& where);

}  // namespace selfreward
