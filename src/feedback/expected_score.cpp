#include "feedback/expected_score.h"

#include <algorithm>
#include <cmath>

#include "base/in_row.h"
#include "data/shards.h"
#include "feedback/matches_in_reply.h"
#include "feedback/score_parser.h"

namespace selfreward {
namespace {

constexpr size_t kSequencesPerForward = 32;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_digit_score(double score) {
  return score == std::floor(score) && score >= 0 && score <= 9;
}

/// The token that writes byte `at` of the decoded reply: the last one whose end is behind it. Replies end
/// with their score, so the search begins at the end.
std::optional<size_t> token_at(const Tokenizer& tokenizer, const TokenIds& reply, const std::string& text,
                               size_t at) {
  const std::string_view wanted = std::string_view(text).substr(0, at + 1);
  for (size_t count = reply.size(); count > 0; --count) {
    const TokenIds before(reply.begin(), reply.begin() + static_cast<std::ptrdiff_t>(count) - 1);
    if (!tokenizer.decode(before).starts_with(wanted)) return count - 1;
  }
  return std::nullopt;
}

/// The token with its digit replaced by each score's; absent where one is not in the vocabulary.
std::optional<TokenIds> choices_like(const Tokenizer& tokenizer, const Rubric& rubric, int64_t token) {
  std::string spelling = tokenizer.id_to_token(token);
  if (std::count_if(spelling.begin(), spelling.end(), is_digit) != 1) return std::nullopt;
  char& digit = *std::find_if(spelling.begin(), spelling.end(), is_digit);
  TokenIds choices;
  for (double score = rubric.min_score; score <= rubric.max_score; ++score) {
    digit = static_cast<char>('0' + static_cast<int>(score));
    const auto id = tokenizer.token_to_id(spelling);
    if (!id) return std::nullopt;
    choices.push_back(*id);
  }
  return choices;
}

/// The greedy replies of a shard, and which of them wait for the probabilities of their score.
struct OpenShard {
  std::vector<ExpectedScore> made;
  std::vector<size_t> waiting;
  std::vector<TokenIds> sequences, choices;
  Counts dropped;
};

void add_reply(const Policy& policy, const Rubric& rubric, const TokenIds& prompt, const Completion& reply,
               size_t at, OpenShard& shard) {
  ExpectedScore& made = shard.made[at];
  made.greedy.replies = {parse_judge_reply(reply.text, reply.finish_reason, rubric)};
  made.greedy.score = made.greedy.replies[0].score;
  if (!made.greedy.score) return;
  const auto token = find_score_token(policy.tokenizer(), rubric, reply.ids, *made.greedy.score);
  if (!token) {
    ++shard.dropped["no_score_token"];
    return;
  }
  TokenIds sequence = prompt;
  sequence.insert(sequence.end(), reply.ids.begin(),
                  reply.ids.begin() + static_cast<std::ptrdiff_t>(token->index));
  shard.waiting.push_back(at);
  shard.sequences.push_back(std::move(sequence));
  shard.choices.push_back(token->choices);
}

void fill_expectations(const CausalLM& model, double min_score, OpenShard& shard) {
  for (size_t first = 0; first < shard.waiting.size(); first += kSequencesPerForward) {
    const auto part = [&](const std::vector<TokenIds>& all) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
      const size_t count = std::min(kSequencesPerForward, all.size() - first);
      return std::vector<TokenIds>(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    const auto shares = choice_probabilities(model, part(shard.sequences), part(shard.choices));
    for (size_t i = 0; i < shares.size(); ++i) {
      ExpectedScore& made = shard.made[shard.waiting[first + i]];
      made.probabilities = shares[i];
      made.expected = expected_score(shares[i], min_score);
    }
  }
}

}  // namespace

void check_digit_scores(const Rubric& rubric) {
  check(is_digit_score(rubric.min_score) && is_digit_score(rubric.max_score), "[judge] rubric ", rubric.name,
        " scores from ", rubric.min_score, " to ", rubric.max_score,
        "; an expected score needs whole numbers from 0 to 9; take samples or greedy scores");
}

std::optional<ScoreToken> find_score_token(const Tokenizer& tokenizer, const Rubric& rubric,
                                           const TokenIds& reply, double score) {
  const std::string text = tokenizer.decode(reply);
  const auto matches = matches_in_reply(rubric.score_pattern, text);
  if (!is_digit_score(score) || matches.empty() || !matches.back().at(1).in(text).size()) return std::nullopt;
  const size_t at = matches.back()[1].begin;
  if (matches.back()[1].in(text) != str(score)) return std::nullopt;  // "4.0", "04"
  const auto index = token_at(tokenizer, reply, text, at);
  if (!index) return std::nullopt;
  const auto choices = choices_like(tokenizer, rubric, reply[*index]);
  if (!choices) return std::nullopt;
  return ScoreToken{*index, *choices};
}

double expected_score(const std::vector<double>& probabilities, double min_score) {
  double sum = 0;
  for (size_t i = 0; i < probabilities.size(); ++i)
    sum += (min_score + static_cast<double>(i)) * probabilities[i];
  return sum;
}

void to_json(Json& json, const ExpectedScore& value) {
  to_json(json, value.greedy);
  if (!value.expected) return;
  json["expected"] = *value.expected;
  json["probabilities"] = value.probabilities;
}

void from_json(const Json& json, ExpectedScore& value) {
  from_json(json, value.greedy);
  if (!json.contains("expected")) return;
  value.expected = json.at("expected").get<double>();
  json.at("probabilities").get_to(value.probabilities);
}

void expect_scores(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const SamplingSettings& sampling, RecordSink<ExpectedScore>& out) {
  check_digit_scores(rubric);
  SamplingParams params = judge_sampling(sampling, rubric);
  params.temperature = 0;
  Policy& policy = judge.policy;
  Generator generator(policy, judge.generation);
  const auto make = [&](std::span<const JudgeItem> part, const OnDone& on_done) {
    OpenShard shard;
    std::vector<GenerationRequest> requests;
    std::vector<size_t> asked;
    for (const JudgeItem& item : part) {
      shard.made.push_back({{item.prompt_id, item.index, {}, std::nullopt}, std::nullopt, {}});
      TokenIds ids = in_row("prompt", item.prompt_id,
                            [&] { return policy.chat().prompt_ids(judge_conversation(rubric, item)); });
      if (!generator.fits(ids)) {
        ++shard.dropped["too_long"];
        continue;
      }
      requests.push_back({std::move(ids), 1, judge.seed});
      asked.push_back(shard.made.size() - 1);
    }
    const auto replies = generator.generate(requests, params, on_done);
    for (size_t i = 0; i < asked.size(); ++i)
      add_reply(policy, rubric, requests[i].prompt, replies[i][0], asked[i], shard);
    fill_expectations(policy.model(), rubric.min_score, shard);
    out.append(shard.made, shard.dropped);
  };
  for_each_shard(items, judge.generation.shard_size, "expected scores", out, make);
}

}  // namespace selfreward
