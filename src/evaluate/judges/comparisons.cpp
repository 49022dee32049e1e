#include "evaluate/judges/comparisons.h"

#include <cmath>

#include "data/shards.h"
#include "evaluate/judges/local_chat.h"

namespace selfreward {
namespace {

std::optional<double> number_at(const Json& json, const char* key) {
  return json.contains(key) ? std::optional(json.at(key).get<double>()) : std::nullopt;
}

/// The verdict that a token says: its letters are "a", "b", or a beginning of "tie".
std::optional<Verdict> verdict_of_token(const std::string& token) {
  std::string letters;
  for (const char c : token)
    if (std::isalnum(static_cast<unsigned char>(c))) letters += static_cast<char>(std::tolower(c));
  if (letters == "a") return Verdict::first;
  if (letters == "b") return Verdict::second;
  if (!letters.empty() && std::string("tie").starts_with(letters)) return Verdict::tie;
  return std::nullopt;
}

/// The token in which the last verdict of the reply begins.
const ReplyToken* verdict_token(const ChatReply& reply, const PairwiseRubric& rubric) {
  std::string text;
  for (const ReplyToken& token : reply.tokens) text += token.text;
  const auto matches = rubric.verdict_pattern.find_all(text);
  if (matches.empty() || matches.back().size() < 2) return nullptr;
  size_t end = 0;
  for (const ReplyToken& token : reply.tokens)
    if ((end += token.text.size()) > matches.back()[1].begin) return &token;
  return nullptr;
}

void read_reply(Comparison& comparison, const ChatReply& reply, const PairwiseRubric& rubric,
                bool shown_first) {
  const auto weight = verdict_probability(reply, rubric);
  if (shown_first) {
    comparison.reply_shown_first = reply.text;
    comparison.verdicts.shown_first = parse_verdict(reply.text, rubric);
    comparison.weight_shown_first = weight;
  } else {
    comparison.reply_shown_second = reply.text;
    comparison.verdicts.shown_second = parse_verdict(reply.text, rubric);
    if (weight) comparison.weight_shown_second = 1 - *weight;
  }
}

}  // namespace

void to_json(Json& json, const Comparison& value) {
  json = Json{{"id", value.id}};
  if (value.identical) {
    json["identical"] = true;
    return;
  }
  json["reply_shown_first"] = value.reply_shown_first;
  json["reply_shown_second"] = value.reply_shown_second;
  add_verdicts(json, value.verdicts);
  if (value.weight_shown_first) json["weight_shown_first"] = *value.weight_shown_first;
  if (value.weight_shown_second) json["weight_shown_second"] = *value.weight_shown_second;
}

void from_json(const Json& json, Comparison& value) {
  json.at("id").get_to(value.id);
  value.identical = json.value("identical", false);
  value.reply_shown_first = json.value("reply_shown_first", "");
  value.reply_shown_second = json.value("reply_shown_second", "");
  value.verdicts = verdicts_in(json);
  value.weight_shown_first = number_at(json, "weight_shown_first");
  value.weight_shown_second = number_at(json, "weight_shown_second");
}

BothOrders verdicts_of(const Comparison& comparison) {
  return comparison.identical ? BothOrders{Verdict::tie, Verdict::tie} : comparison.verdicts;
}

std::optional<double> preference_of(const Comparison& comparison, bool weighted) {
  if (weighted && !comparison.identical) {
    if (!comparison.weight_shown_first || !comparison.weight_shown_second) return std::nullopt;
    return (*comparison.weight_shown_first + *comparison.weight_shown_second) / 2;
  }
  return win_rate(std::vector<BothOrders>{verdicts_of(comparison)}).rate();
}

std::optional<double> verdict_probability(const ChatReply& reply, const PairwiseRubric& rubric) {
  const ReplyToken* token = verdict_token(reply, rubric);
  if (!token) return std::nullopt;
  double first = 0, all = 0;
  for (const ReplyToken::Choice& choice : token->top) {
    const auto verdict = verdict_of_token(choice.text);
    if (!verdict) continue;
    const double p = std::exp(choice.logprob);
    first += *verdict == Verdict::first ? p : *verdict == Verdict::tie ? p / 2 : 0;
    all += p;
  }
  return all > 0 ? std::optional(first / all) : std::nullopt;
}

std::vector<ChatQuestion> comparison_questions(const PairwiseRubric& rubric,
                                               std::span<const AnswerPair> pairs) {
  std::vector<ChatQuestion> questions;
  for (const AnswerPair& pair : pairs) {
    if (pair.first == pair.second) continue;
    questions.push_back(
        {pair.prompt_id + "/shown_first", {{"user", rubric.render(pair.prompt, pair.first, pair.second)}}});
    questions.push_back(
        {pair.prompt_id + "/shown_second", {{"user", rubric.render(pair.prompt, pair.second, pair.first)}}});
  }
  return questions;
}

bool is_verdict_token(const std::string& token) {
  return verdict_of_token(token).has_value();
}

std::vector<Comparison> compare(const ComparisonJudge& judge, std::span<const AnswerPair> pairs,
                                const OnDone& on_done) {
  ChatParams told = judge.params;
  told.on_done = on_done;
  const auto replies = judge.chat(comparison_questions(judge.rubric, pairs), told);
  std::vector<Comparison> made;
  size_t next = 0;
  for (const AnswerPair& pair : pairs) {
    Comparison comparison{.id = pair.prompt_id, .identical = pair.first == pair.second};
    if (!comparison.identical) {
      read_reply(comparison, replies[next++], judge.rubric, /*shown_first=*/true);
      read_reply(comparison, replies[next++], judge.rubric, /*shown_first=*/false);
    }
    made.push_back(std::move(comparison));
  }
  return made;
}

ComparisonJudge local_comparisons(const Writer& judge, const PairwiseRubric& rubric,
                                  const SamplingSettings& sampling, bool weighted) {
  ChatParams params{.sampling = sampling,
                    .top_logprobs = weighted,
                    .is_choice = is_verdict_token,
                    .is_last_line = {},
                    .on_done = {}};
  params.is_last_line = [rubric](std::string_view line) { return is_verdict_line(line, rubric); };
  return {local_chat(judge), rubric, params};
}

void compare_answers(const ComparisonJudge& judge, const std::vector<AnswerPair>& pairs, int64_t shard_size,
                     RecordSink<Comparison>& out) {
  for_each_shard(pairs, shard_size, "comparisons", out,
                 [&](std::span<const AnswerPair> shard, const OnDone& on_done) {
                   out.append(compare(judge, shard, on_done));
                 });
}

void compare_answers(const Writer& judge, const PairwiseRubric& rubric, const std::vector<AnswerPair>& pairs,
                     const SamplingSettings& sampling, RecordSink<Comparison>& out) {
  compare_answers(local_comparisons(judge, rubric, sampling), pairs, judge.generation.shard_size, out);
}

}  // namespace selfreward
