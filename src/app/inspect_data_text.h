#pragma once
// What `inspect data` prints: counts, lengths, and rows with what is trained of them in [[ ]].
#include "data/summary.h"
#include "text/chat/format.h"

namespace selfreward {

/// What is trained of a record: one response, or chosen and rejected.
struct RowTokens {
  TokenIds prompt;
  std::vector<TokenIds> answers;
  std::vector<bool> learnt = {};  // of each token of the one response; empty: all
};

/// One line of a table: smallest, quantiles, largest and sum; nothing where there are no lengths.
void print_lengths(const std::string& name, const std::vector<int64_t>& lengths);
/// Messages, turns, tools, system prompts, duplicates and lengths in characters; `names` of the answers, and
/// what is to be said of the training of earlier ones.
void print_summary(const DataSummary& summary, const std::vector<std::string>& names,
                   const std::string& earlier_trained);
/// Margins and ties of the pairs' scores.
void print_scores(const std::vector<PreferencePair>& pairs);
/// A row as the chat template writes it.
void print_rendered(const ChatFormat& chat, const RowTokens& tokens, const std::vector<std::string>& names);
/// A row as its messages; `is_trained` of each message of the prompt, then of the answers.
void print_messages(const Sample& sample, const std::vector<std::string>& names,
                    const std::vector<bool>& is_trained);

}  // namespace selfreward
