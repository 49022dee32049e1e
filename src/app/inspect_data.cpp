// inspect data: what a data file holds, what is left out of it, and three rows as training sees them.
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <numeric>

#include "app/commands.h"
#include "data/formats.h"
#include "data/readers.h"
#include "data/summary.h"
#include "train/dpo.h"

namespace selfreward {
namespace {

struct Options {
  std::string file, model;
};

/// What is trained of a record: one response, or chosen and rejected.
struct Tokens {
  TokenIds prompt;
  std::vector<TokenIds> answers;
  std::vector<bool> learnt = {};  // of each token of the one response; empty: all
};

constexpr int64_t kAnyLength = std::numeric_limits<int64_t>::max();

// As the trainers make their rows; ranked answers are not trained as they are.
std::optional<Tokens> tokens_of(const ChatFormat& chat, const Example& example) {
  const SftRow row = make_sft_rows(chat, {example}, kAnyLength).rows.at(0);
  return Tokens{row.prompt, {row.response}, row.learnt};
}
std::optional<Tokens> tokens_of(const ChatFormat& chat, const PreferencePair& pair) {
  const DpoRow row = make_dpo_rows(chat, {pair}, kAnyLength).rows.at(0);
  return Tokens{row.prompt, {row.chosen, row.rejected}};
}
std::optional<Tokens> tokens_of(const ChatFormat&, const RankedAnswers&) {
  return std::nullopt;
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

template <typename Map>
std::string counts_text(const Map& counts) {
  std::string text;
  for (const auto& [key, count] : counts) text += str(text.empty() ? "" : ", ", key, ": ", count);
  return text.empty() ? "none" : text;
}

void print_lengths(const std::string& name, const std::vector<int64_t>& lengths) {
  if (lengths.empty()) return;
  std::printf("  %-22s", name.c_str());
  for (const double share : {0.0, 0.25, 0.5, 0.75, 0.99, 1.0})
    std::printf(" %8lld", static_cast<long long>(quantile(lengths, share)));
  std::printf(" %12lld\n",
              static_cast<long long>(std::accumulate(lengths.begin(), lengths.end(), int64_t{0})));
}

void print_systems(const std::map<std::string, int64_t>& systems) {
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto most = std::max_element(systems.begin(), systems.end(), fewer);
  if (most == systems.end()) return void(std::printf("system prompts   none\n"));
  std::printf("system prompts   %zu different; in %lld rows: %s\n", systems.size(),
              static_cast<long long>(most->second), Json(clipped_middle(most->first, 200)).dump().c_str());
}

int64_t earlier_answers(const DataSummary& summary) {
  int64_t count = summary.roles.at("assistant");
  for (const auto& lengths : summary.answer_characters) count -= std::ssize(lengths);
  return count;
}

void print_summary(const DataSummary& summary, const std::vector<std::string>& names) {
  std::printf("messages         %s\n", counts_text(summary.roles).c_str());
  if (const int64_t earlier = earlier_answers(summary); earlier > 0)
    std::printf("earlier answers  %lld, in prompts, which are not trained\n",
                static_cast<long long>(earlier));
  std::printf("user turns: rows %s\n", counts_text(summary.turns).c_str());
  print_systems(summary.systems);
  std::printf(
      "duplicates       %lld rows whose prompt was there before, %lld of them with the same answers\n",
      static_cast<long long>(summary.repeated_prompts), static_cast<long long>(summary.repeated_samples));
  std::printf("  %-22s %8s %8s %8s %8s %8s %8s %12s\n", "lengths", "min", "25%", "median", "75%", "99%",
              "max", "total");
  print_lengths("prompt, characters", summary.prompt_characters);
  for (size_t i = 0; i < summary.answer_characters.size(); ++i)
    print_lengths((i < names.size() ? names[i] : str("answer ", i + 1)) + ", characters",
                  summary.answer_characters[i]);
}

void print_scores(const std::vector<PreferencePair>& pairs) {
  int64_t scored = 0, ties = 0, wrong = 0;
  double margin = 0;
  for (const PreferencePair& pair : pairs) {
    if (!pair.score_chosen || !pair.score_rejected) continue;
    ++scored;
    ties += *pair.score_chosen == *pair.score_rejected;
    wrong += *pair.score_chosen < *pair.score_rejected;
    margin += *pair.score_chosen - *pair.score_rejected;
  }
  if (scored == 0) return void(std::printf("scores           none\n"));
  std::printf("scores           %lld pairs; mean margin %.3g, ties %lld, the rejected one higher in %lld\n",
              static_cast<long long>(scored), margin / static_cast<double>(scored),
              static_cast<long long>(ties), static_cast<long long>(wrong));
}
template <typename Record>
void print_scores(const std::vector<Record>&) {}

/// Text for a terminal: what could move the cursor is shown as '?'.
std::string printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\t') || c == 127) c = '?';
  return clipped_middle(text, 2000);
}

/// What is trained stands in [[ ]], green on a terminal.
std::string trained(const std::string& text) {
  const bool color = ::isatty(STDOUT_FILENO) == 1;
  return color ? "\033[32m[[" + printable(text) + "]]\033[0m" : "[[" + printable(text) + "]]";
}

/// An answer of which a chat template marks what is trained: runs of tokens, trained or not.
std::string marked_runs(const ChatFormat& chat, const TokenIds& ids, const std::vector<bool>& learnt) {
  std::string text;
  for (size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
    while (end < ids.size() && learnt[end] == learnt[begin]) ++end;
    const auto at = [&](size_t i) { return ids.begin() + static_cast<std::ptrdiff_t>(i); };
    const std::string run = chat.tokenizer().decode({at(begin), at(end)}, /*skip_special=*/false);
    text += learnt[begin] ? trained(run) : printable(run);
  }
  return text;
}

void print_rendered(const ChatFormat& chat, const Tokens& tokens, const std::vector<std::string>& names) {
  const auto text = [&](const TokenIds& ids) { return chat.tokenizer().decode(ids, /*skip_special=*/false); };
  std::printf("%s", printable(text(tokens.prompt)).c_str());
  for (size_t i = 0; i < tokens.answers.size(); ++i)
    std::printf("%s%s\n", i == 0 && names.size() == 1 ? "" : ("\n" + names[i] + ": ").c_str(),
                (tokens.learnt.empty() ? trained(text(tokens.answers[i]))
                                       : marked_runs(chat, tokens.answers[i], tokens.learnt))
                    .c_str());
}

void print_messages(const Sample& sample, const std::vector<std::string>& names, bool is_trained) {
  for (const Message& message : sample.prompt)
    std::printf("%s: %s\n", message.role.c_str(), printable(message.content).c_str());
  for (size_t i = 0; i < sample.answers.size(); ++i)
    std::printf("%s: %s\n", names[i].c_str(),
                (is_trained ? trained(sample.answers[i]) : printable(sample.answers[i])).c_str());
}

/// The tokens of all records; a record that the template cannot render has none and is counted.
template <typename Record>
std::vector<std::optional<Tokens>> tokenize(const ChatFormat& chat, const std::vector<Record>& records) {
  std::vector<std::optional<Tokens>> made;
  std::string first_error;
  int64_t errors = 0;
  for (const Record& record : records) {
    try {
      made.push_back(tokens_of(chat, record));
    } catch (const Error& error) {
      made.push_back(std::nullopt);
      if (errors++ == 0) first_error = error.what();
    }
  }
  if (errors > 0)
    std::printf("cannot be trained with this model: %lld rows; the first: %s\n",
                static_cast<long long>(errors), first_error.c_str());
  return made;
}

void print_token_lengths(const std::vector<std::optional<Tokens>>& all,
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
                const std::vector<std::optional<Tokens>>& tokens, const ChatFormat* chat) {
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
      print_messages(samples[row], names, !std::is_same_v<Record, RankedAnswers>);
  }
}

template <typename Record>
void print_records(const Filtered<Record>& data, const ChatFormat* chat) {
  const int64_t left_out = std::accumulate(
      data.dropped.begin(), data.dropped.end(), int64_t{0}, [](int64_t sum, const auto& entry) {
        // Of a row with several answers one may be left out.
        return entry.first.starts_with("reply_") ? sum : sum + entry.second;
      });
  std::printf("rows             %lld\nkept             %zu\nleft out         %lld%s%s\n",
              static_cast<long long>(std::ssize(data.records) + left_out), data.records.size(),
              static_cast<long long>(left_out), data.dropped.empty() ? "" : ": ",
              left_out_text(data).c_str());
  if (data.records.empty()) return;
  std::vector<Sample> samples;
  for (const Record& record : data.records) samples.push_back(sample_of(record));
  const auto names = answer_names(data.records.front());
  print_scores(data.records);
  print_summary(summarize(samples), names);
  std::vector<std::optional<Tokens>> tokens;
  if (chat) print_token_lengths(tokens = tokenize(*chat, data.records), names);
  print_rows(data.records, samples, tokens, chat);
}

void inspect_data(const Options& options) {
  const Row first = first_row(options.file);
  const Purpose purpose = purpose_of(first);
  const auto files = data_files(options.file);
  std::printf("%s: %zu file%s, %s; %s\n", options.file.c_str(), files.size(), files.size() == 1 ? "" : "s",
              container_of(files.front()).c_str(), to_string(format_of(first, purpose)).c_str());
  std::optional<ChatFormat> chat;
  if (!options.model.empty())
    chat = ChatFormat::load(options.model, load_model_config(options.model).eos_token_ids);
  const ChatFormat* format = chat ? &*chat : nullptr;
  if (purpose == Purpose::preferences) return print_records(read_preferences(options.file), format);
  if (purpose == Purpose::ranked) return print_records(read_ranked(options.file), format);
  print_records(read_examples(options.file), format);
}

}  // namespace

void add_inspect_data(CLI::App& inspect) {
  auto options = std::make_shared<Options>();
  CLI::App* command = inspect.add_subcommand(
      "data",
      "what a data file holds: format, counts, lengths, roles, duplicates, three rows with their loss mask");
  command->add_option("FILE", options->file, "a data file of any format that is read, or a directory of them")
      ->required()
      ->check(CLI::ExistingPath);
  command
      ->add_option("--model", options->model, "checkpoint whose tokenizer and chat template render the rows")
      ->type_name("DIR");
  command->callback([options] { inspect_data(*options); });
}

}  // namespace selfreward
