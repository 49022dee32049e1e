#include "data/summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "base/utf8.h"
#include "data/tool_messages.h"

namespace selfreward {
namespace {

/// Equal for equal conversations alone: every part ends with a byte that UTF-8 has not.
std::string key_of(const Sample& sample) {
  std::string key = sample.inputs.tools.dump() + '\xff' + sample.inputs.kwargs.dump() + '\xff';
  for (const Message& message : sample.prompt) key += message.role + '\xff' + shown_text(message) + '\xff';
  return key;
}

void count_duplicates(const std::vector<Sample>& samples, DataSummary& summary) {
  std::unordered_set<std::string> prompts, rows;
  for (const Sample& sample : samples) {
    std::string key = key_of(sample);
    summary.repeated_prompts += !prompts.insert(key).second;
    for (const std::string& answer : sample.answers) key += answer + '\xff';
    summary.repeated_samples += !rows.insert(std::move(key)).second;
  }
}

void count_messages(const Sample& sample, DataSummary& summary) {
  int64_t characters = 0, turns = 0;
  for (const Message& message : sample.prompt) {
    ++summary.roles[message.role];
    if (message.role == "system") ++summary.systems[message.content];
    turns += message.role == "user";
    characters += count_characters(message.content);
  }
  ++summary.turns[turns];
  summary.with_tools += !sample.inputs.tools.is_null();
  summary.prompt_characters.push_back(characters);
  summary.roles["assistant"] += std::ssize(sample.answers);
  if (summary.answer_characters.size() < sample.answers.size())
    summary.answer_characters.resize(sample.answers.size());
  for (size_t i = 0; i < sample.answers.size(); ++i)
    summary.answer_characters[i].push_back(count_characters(sample.answers[i]));
}

}  // namespace

Sample sample_of(const Example& example) {
  const Conversation prompt(example.messages.begin(), example.messages.end() - 1);
  return {example.id, prompt, {shown_text(example.messages.back())}, example.inputs};
}

Sample sample_of(const PreferencePair& pair) {
  return {pair.prompt_id,
          pair.prompt,
          {shown_text(pair.chosen_message()), shown_text(pair.rejected_message())},
          pair.inputs};
}

Sample sample_of(const RankedAnswers& group) {
  return {group.id, {{"user", group.prompt}}, group.answers};
}

DataSummary summarize(const std::vector<Sample>& samples) {
  DataSummary summary;
  for (const Sample& sample : samples) count_messages(sample, summary);
  count_duplicates(samples, summary);
  return summary;
}

int64_t quantile(std::vector<int64_t> lengths, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(lengths.size())));
  const auto nth = lengths.begin() + std::max<std::ptrdiff_t>(rank - 1, 0);
  std::nth_element(lengths.begin(), nth, lengths.end());
  return *nth;
}

std::vector<size_t> typical_rows(const std::vector<int64_t>& lengths) {
  if (lengths.empty()) return {};
  std::vector<size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return lengths[a] < lengths[b]; });
  std::vector<size_t> rows;
  for (const size_t row : {size_t{0}, order[(order.size() - 1) / 2], order.back()})
    if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
  return rows;
}

std::string clipped_middle(const std::string& text, size_t limit) {
  if (text.size() <= limit) return text;
  const size_t head = character_begin(text, limit / 2), tail = next_character(text, text.size() - limit / 2);
  const int64_t left_out = count_characters(std::string_view(text).substr(head, tail - head));
  return text.substr(0, head) + " ... (" + std::to_string(left_out) + " characters) ... " + text.substr(tail);
}

}  // namespace selfreward
