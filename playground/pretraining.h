#pragma once
// What M0 is pretrained on: 45 % careless answers, 45 % unreliable judgements, 10 % lists of prompts. So M0
// knows the world but obeys half-heartedly and judges badly: the situation that self-rewarding needs.
#include "base/seed.h"
#include "data/records.h"

namespace selfreward::playground {

/// The first line of a list of prompts; the loop writes the same header before its shots.
inline constexpr std::string_view kListHeader = "list of tasks :";
inline constexpr std::string_view kEndToken = "<|end|>";

struct PretrainingText {
  enum class Kind { answer, judgement, list };
  Kind kind = Kind::answer;
  Conversation conversation;  // answer, judgement: one user turn and one assistant turn
  std::string text;           // list: "{header}\n1. {prompt}\n2. {prompt}\n3. {prompt}<|end|>"
};

/// The text at `index` of an endless stream; a function of (seed, index) alone.
PretrainingText pretraining_text(const Seed& seed, uint64_t index);

/// "{header}\n1. {prompts[0]}\n2. {prompts[1]}...", without an end.
std::string prompt_list(const std::vector<std::string>& prompts);

}  // namespace selfreward::playground
