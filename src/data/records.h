#pragma once
// The records that flow between the stages of a run, each one JSON line in a file (docs/formats.md).
// Plain values without behaviour; a field that is not known is an empty optional, never -1 or NaN.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace selfreward {

using TokenIds = std::vector<int64_t>;

struct Message {
  std::string role;  // system, user, assistant or tool
  std::string content;
  Json full = nullptr;  // the message with all its keys, where it has more than these two (tool_calls, name)
  bool operator==(const Message&) const = default;
};
using Conversation = std::vector<Message>;

/// What a row says to the chat template beside its messages; null: nothing.
struct TemplateInputs {
  Json tools = nullptr;   // a list of JSON schemas
  Json kwargs = nullptr;  // "chat_template_kwargs", an object of further variables
  bool operator==(const TemplateInputs&) const = default;
};

/// One SFT conversation: the last message is the assistant's and is what is trained.
struct Example {
  std::string id;
  Conversation messages;
  std::string source;  // "ift", "eft", "aift", or where the row was read from
  TemplateInputs inputs = {};
};

/// An instruction, answered as one user turn.
struct Prompt {
  std::string id;
  std::string text;
  std::string origin;  // "seed", "M0", ... : who wrote it
  Json requirements =
      nullptr;  // the row's list of what an answer must do, as it is (docs/formats.md); or null
};

/// Answers of one prompt with their ranks, 0 is the best; equal ranks are ties.
struct RankedAnswers {
  std::string id;
  std::string prompt;
  std::vector<std::string> answers;
  std::vector<double> ranks;
  Json requirements = nullptr;  // as those of Prompt
};

/// One requirement of a prompt and what an answer shows of it: what a judge that asks about one requirement a
/// time learns from.
struct VerdictRow {
  std::string id;      // "train-7/1/0": prompt, answer, requirement
  std::string prompt;  // the instruction
  std::string answer, requirement;
  std::string evidence;  // "at most 3 sentences: 1 The sea is; 2 It has many; count 2"; may be empty
  bool met = false;
  std::string kind = {};  // of requirement, where rules know it ("sentences"); may be empty
};

enum class FinishReason { stop, length };

/// One answer of a policy, as sampled: `token_ids` ends with the stop token where finish_reason is stop.
struct Candidate {
  std::string prompt_id;
  int64_t index = 0;  // 0 .. N-1
  TokenIds token_ids;
  std::string text;  // decoded without special tokens
  FinishReason finish_reason = FinishReason::stop;
};

/// Why a judge's reply has no score.
enum class JudgeFailure { no_score, out_of_range, cut_off, several_scores };

/// One reply of the judge: exactly one of score and failure is present.
struct JudgeReply {
  std::string text;
  std::optional<double> score;  // of a checklist 1 or 0: the requirement is met or not
  std::optional<JudgeFailure> failure;
  std::string requirement = {};         // that was asked about; empty: the answer as a whole
  std::optional<double> expected = {};  // by the probabilities of all scores where the reply writes its own
  std::vector<double> probabilities =
      {};  // of the scores, the lowest first; where there is an expected score
};

/// The replies on one candidate and its score by judge.form and judge.read; absent where no score could be read.
struct Judgement {
  std::string prompt_id;
  int64_t index = 0;  // of the candidate
  std::vector<JudgeReply> replies;
  std::optional<double> score;
};

/// What DPO learns from. Token ids are those sampled; files of other tools have none.
struct PreferencePair {
  std::string prompt_id;
  Conversation prompt;  // ends with a message of the user or of a tool
  std::string chosen, rejected;
  TokenIds chosen_ids, rejected_ids;
  std::optional<double> score_chosen, score_rejected;  // absent in files of other tools
  TemplateInputs inputs = {};
  Json chosen_full = nullptr, rejected_full = nullptr;  // Message::full of the answers

  Message chosen_message() const { return {"assistant", chosen, chosen_full}; }
  Message rejected_message() const { return {"assistant", rejected, rejected_full}; }
};

std::string to_string(FinishReason reason);
std::string to_string(JudgeFailure failure);

// nlohmann::json finds these by argument-dependent look-up; a missing or mistyped key throws Error.
void to_json(Json& json, const Message& value);
void from_json(const Json& json, Message& value);
void to_json(Json& json, const Example& value);
void from_json(const Json& json, Example& value);
void to_json(Json& json, const Prompt& value);
void from_json(const Json& json, Prompt& value);
void to_json(Json& json, const RankedAnswers& value);
void from_json(const Json& json, RankedAnswers& value);
void to_json(Json& json, const VerdictRow& value);
void from_json(const Json& json, VerdictRow& value);
void to_json(Json& json, const Candidate& value);
void from_json(const Json& json, Candidate& value);
void to_json(Json& json, const JudgeReply& value);
void from_json(const Json& json, JudgeReply& value);
void to_json(Json& json, const Judgement& value);
void from_json(const Json& json, Judgement& value);
void to_json(Json& json, const PreferencePair& value);
void from_json(const Json& json, PreferencePair& value);

}  // namespace selfreward
