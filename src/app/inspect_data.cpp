// inspect data: what a data file holds, what is left out of it, and three rows as training sees them.
#include <algorithm>
#include <cstdio>
#include <limits>
#include <numeric>
#include <set>

#include "app/commands.h"
#include "app/data_choice.h"
#include "app/inspect_data_text.h"
#include "data/formats.h"
#include "data/readers.h"
#include "model/policy/policy.h"
#include "train/dpo.h"

namespace selfreward {
namespace {

struct Options {
  std::string file, model;
  DataChoice choice;
};

constexpr int64_t kAnyLength = std::numeric_limits<int64_t>::max();

// As the trainers make their rows; nothing where no answer is trained. Ranked answers are not trained as they
// are.
std::optional<RowTokens> tokens_of(const ChatFormat& chat, const Example& example, TrainOn train_on) {
  const SftRows made = make_sft_rows(chat, {example}, kAnyLength, train_on);
  if (made.rows.empty()) return std::nullopt;
  const SftRow& row = made.rows[0];
  return RowTokens{row.prompt, {row.response}, row.learnt};
}
std::optional<RowTokens> tokens_of(const ChatFormat& chat, const PreferencePair& pair, TrainOn) {
  const DpoRow row = make_dpo_rows(chat, {pair}, kAnyLength).rows.at(0);
  return RowTokens{row.prompt, {row.chosen, row.rejected}};
}
std::optional<RowTokens> tokens_of(const ChatFormat&, const RankedAnswers&, TrainOn) {
  return std::nullopt;
}

// Of each message of the prompt, then of the answers, whether it is trained.
std::vector<bool> trained_of(const Example& example, TrainOn train_on) {
  return trained_messages(example.messages, train_on);
}
std::vector<bool> trained_of(const PreferencePair& pair, TrainOn) {
  std::vector<bool> trained(pair.prompt.size() + 1, false);
  trained.back() = true;
  return trained;
}
std::vector<bool> trained_of(const RankedAnswers&, TrainOn) {
  return {false, false};
}

/// What is trained of the answers before the last one.
template <typename Record>
std::string earlier_trained(const std::vector<Record>& records, const ChatFormat* chat, TrainOn train_on) {
  if (std::is_same_v<Record, Example> && chat && chat->marks_generation())
    return "trained too, as the chat template has {% generation %} blocks, unless their marks say otherwise";
  int64_t count = 0;
  for (const Record& record : records) {
    const std::vector<bool> trained = trained_of(record, train_on);
    count += std::count(trained.begin(), trained.end() - 1, true);
  }
  return count == 0 ? "in prompts, which are not trained" : str(count, " of them trained");
}

std::vector<std::string> answer_names(const Example&) {
  return {"answer"};
}
std::vector<std::string> answer_names(const PreferencePair&) {
  return {"chosen", "rejected"};
}
std::vector<std::string> answer_names(const RankedAnswers& group) {
  std::vector<std::string> names;
  for (size_t i = 0; i < group.answers.size(); ++i) names.push_back(str("answer ", i + 1));
  return names;
}

/// The tokens of all records; a record that the template cannot render has none and is counted.
template <typename Record>
std::vector<std::optional<RowTokens>> tokenize(const ChatFormat& chat, const std::vector<Record>& records,
                                               TrainOn train_on) {
  std::vector<std::optional<RowTokens>> made;
  std::string first_error;
  int64_t errors = 0, untrained = 0;
  for (const Record& record : records) {
    try {
      made.push_back(tokens_of(chat, record, train_on));
      untrained += !made.back();
    } catch (const Error& error) {
      made.push_back(std::nullopt);
      if (errors++ == 0) first_error = error.what();
    }
  }
  if (errors > 0)
    std::printf("cannot be trained with this model: %lld rows; the first: %s\n",
                static_cast<long long>(errors), first_error.c_str());
  if (untrained > 0 && !std::is_same_v<Record, RankedAnswers>)
    std::printf("not trained, as marks leave no answer to train: %lld rows\n",
                static_cast<long long>(untrained));
  return made;
}

void print_token_lengths(const std::vector<std::optional<RowTokens>>& all,
                         const std::vector<std::string>& names) {
  std::vector<int64_t> prompts, whole;
  std::vector<std::vector<int64_t>> answers(names.size());
  for (const auto& tokens : all) {
    if (!tokens) continue;
    prompts.push_back(std::ssize(tokens->prompt));
    int64_t sum = std::ssize(tokens->prompt);
    for (size_t i = 0; i < tokens->answers.size(); ++i) {
      answers[i].push_back(std::ssize(tokens->answers[i]));
      sum += answers[i].back();
    }
    whole.push_back(sum);
  }
  print_lengths("prompt, tokens", prompts);
  for (size_t i = 0; i < (prompts.empty() ? 0 : names.size()); ++i)
    print_lengths(names[i] + ", tokens", answers[i]);
  print_lengths("whole row, tokens", whole);
}

template <typename Record>
void print_rows(const std::vector<Record>& records, const std::vector<Sample>& samples,
                const std::vector<std::optional<RowTokens>>& tokens, const ChatFormat* chat,
                TrainOn train_on) {
  std::vector<int64_t> lengths;
  for (const Sample& sample : samples)
    lengths.push_back(std::accumulate(sample.answers.begin(), sample.answers.end(), int64_t{0},
                                      [](int64_t sum, const auto& text) { return sum + std::ssize(text); }));
  for (const size_t row : typical_rows(lengths)) {
    const auto names = answer_names(records[row]);
    std::printf("\n-- row %zu of %zu, id %s; what is trained stands in [[ ]]\n", row + 1, records.size(),
                samples[row].id.c_str());
    if (chat && tokens[row])
      print_rendered(*chat, *tokens[row], names);
    else
      print_messages(samples[row], names, trained_of(records[row], train_on));
  }
}

/// Of a row with several answers one may be left out, or what one of several people said.
bool is_part_of_a_row(const std::string& reason) {
  const std::set<std::string> by_person = {"partly_ranked", "not_submitted", "annotation_cancelled"};
  return reason.starts_with("reply_") || by_person.count(reason) > 0;
}

template <typename Record>
void print_records(const Filtered<Record>& data, const ChatFormat* chat, TrainOn train_on) {
  const int64_t left_out = std::accumulate(data.dropped.begin(), data.dropped.end(), int64_t{0},
                                           [](int64_t sum, const auto& entry) {
                                             return is_part_of_a_row(entry.first) ? sum : sum + entry.second;
                                           });
  std::printf("%s", str("rows             ", std::ssize(data.records) + left_out, "\nkept             ",
                        data.records.size(), "\nleft out         ", left_out,
                        data.dropped.empty() ? "" : ": ", left_out_text(data), "\n")
                        .c_str());
  if (data.records.empty()) return;
  std::vector<Sample> samples;
  for (const Record& record : data.records) samples.push_back(sample_of(record));
  const auto names = answer_names(data.records.front());
  if constexpr (std::is_same_v<Record, PreferencePair>) print_scores(data.records);
  print_summary(summarize(samples), names, earlier_trained(data.records, chat, train_on));
  std::vector<std::optional<RowTokens>> tokens;
  if (chat) print_token_lengths(tokens = tokenize(*chat, data.records, train_on), names);
  print_rows(data.records, samples, tokens, chat, train_on);
}

void inspect_data(const Options& options) {
  const Row first = first_row(options.file);
  const Purpose purpose = purpose_of(first);
  const auto files = data_files(options.file);
  std::printf("%s: %zu file%s, %s; %s\n", options.file.c_str(), files.size(), files.size() == 1 ? "" : "s",
              container_of(files.front()).c_str(), to_string(format_of(first, purpose)).c_str());
  std::optional<ChatFormat> chat;
  if (!options.model.empty()) chat = chat_format_of(options.model);
  const ChatFormat* format = chat ? &*chat : nullptr;
  const auto& languages = options.choice.languages;
  const TrainOn train_on = options.choice.train_on();
  if (purpose == Purpose::preferences) return print_records(read_preferences(options.file), format, train_on);
  if (purpose == Purpose::ranked)
    return print_records(read_ranked(options.file, languages), format, train_on);
  print_records(read_examples(options.file, languages), format, train_on);
}

}  // namespace

void add_inspect_data(Command inspect) {
  auto options = std::make_shared<Options>();
  Command command = inspect.add_command(
      "data",
      "what a data file holds: format, counts, lengths, roles, duplicates, three rows with their loss mask");
  command.add_option("FILE", options->file, "a data file of any format that is read, or a directory of them")
      .required()
      .existing_path();
  command
      .add_option("--model", options->model, "checkpoint whose tokenizer and chat template render the rows")
      .type_name("DIR");
  add_data_choice(command, options->choice);
  command.callback([options] { inspect_data(*options); });
}

}  // namespace selfreward
