#include "app/inspect_data_text.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "base/terminal.h"
#include "data/tool_messages.h"

namespace selfreward {
namespace {

template <typename Map>
std::string counts_text(const Map& counts) {
  std::string text;
  for (const auto& [key, count] : counts) text += str(text.empty() ? "" : ", ", key, ": ", count);
  return text.empty() ? "none" : text;
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

/// Text for a terminal: what could move the cursor is shown as '?'.
std::string printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\t') || c == 127) c = '?';
  return clipped_middle(text, 2000);
}

/// What is trained stands in [[ ]], green on a terminal.
std::string trained(const std::string& text) {
  const bool color = takes_escapes(STDOUT_FILENO);
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

}  // namespace

void print_lengths(const std::string& name, const std::vector<int64_t>& lengths) {
  if (lengths.empty()) return;
  std::printf("  %-22s", name.c_str());
  for (const double share : {0.0, 0.25, 0.5, 0.75, 0.99, 1.0})
    std::printf(" %8lld", static_cast<long long>(quantile(lengths, share)));
  std::printf(" %12lld\n",
              static_cast<long long>(std::accumulate(lengths.begin(), lengths.end(), int64_t{0})));
}

void print_summary(const DataSummary& summary, const std::vector<std::string>& names,
                   const std::string& earlier_trained) {
  std::printf("messages         %s\n", counts_text(summary.roles).c_str());
  if (const int64_t earlier = earlier_answers(summary); earlier > 0)
    std::printf("earlier answers  %lld, %s\n", static_cast<long long>(earlier), earlier_trained.c_str());
  std::printf("user turns: rows %s\n", counts_text(summary.turns).c_str());
  if (summary.with_tools > 0)
    std::printf("tools            in %lld rows\n", static_cast<long long>(summary.with_tools));
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

void print_rendered(const ChatFormat& chat, const RowTokens& tokens, const std::vector<std::string>& names) {
  const auto text = [&](const TokenIds& ids) { return chat.tokenizer().decode(ids, /*skip_special=*/false); };
  std::printf("%s", printable(text(tokens.prompt)).c_str());
  for (size_t i = 0; i < tokens.answers.size(); ++i)
    std::printf("%s%s\n", i == 0 && names.size() == 1 ? "" : ("\n" + names[i] + ": ").c_str(),
                (tokens.learnt.empty() ? trained(text(tokens.answers[i]))
                                       : marked_runs(chat, tokens.answers[i], tokens.learnt))
                    .c_str());
}

void print_messages(const Sample& sample, const std::vector<std::string>& names,
                    const std::vector<bool>& is_trained) {
  const auto marked = [](const std::string& text, bool mark) {
    return mark ? trained(text) : printable(text);
  };
  if (!sample.inputs.tools.is_null())
    std::printf("tools: %s\n", printable(sample.inputs.tools.dump()).c_str());
  for (size_t i = 0; i < sample.prompt.size(); ++i)
    std::printf("%s: %s\n", sample.prompt[i].role.c_str(),
                marked(shown_text(sample.prompt[i]), is_trained[i]).c_str());
  for (size_t i = 0; i < sample.answers.size(); ++i)
    std::printf("%s: %s\n", names[i].c_str(), marked(sample.answers[i], is_trained.back()).c_str());
}

}  // namespace selfreward
