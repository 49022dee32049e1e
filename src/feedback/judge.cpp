#include "feedback/judge.h"

#include <set>
#include <unordered_map>

#include "base/in_row.h"
#include "base/text_util.h"
#include "data/shards.h"
#include "feedback/score_parser.h"

namespace selfreward {
namespace {

std::vector<JudgeReply> parse_replies(const std::vector<Completion>& completions, const Rubric& rubric) {
  std::vector<JudgeReply> replies;
  for (const Completion& reply : completions)
    replies.push_back(parse_judge_reply(reply.text, reply.finish_reason, rubric));
  return replies;
}

}  // namespace

std::vector<JudgeItem> judge_items(const std::vector<Prompt>& prompts,
                                   const std::vector<Candidate>& candidates) {
  std::unordered_map<std::string, const Prompt*> by_id;
  for (const Prompt& prompt : prompts) by_id[prompt.id] = &prompt;
  std::vector<JudgeItem> items;
  std::set<std::pair<std::string, int64_t>> seen;
  for (const Candidate& candidate : candidates) {
    check(seen.emplace(candidate.prompt_id, candidate.index).second, "[judge] prompt '", candidate.prompt_id,
          "' has two candidates ", candidate.index);
    const auto found = by_id.find(candidate.prompt_id);
    check(found != by_id.end(), "[judge] candidate of prompt '", candidate.prompt_id,
          "', which is not among the prompts");
    items.push_back({candidate.prompt_id, found->second->text, candidate.index, candidate.text});
  }
  return items;
}

std::vector<JudgeItem> judge_items(const std::vector<RankedAnswers>& ranked) {
  std::vector<JudgeItem> items;
  for (const RankedAnswers& group : ranked)
    for (size_t i = 0; i < group.answers.size(); ++i)
      items.push_back({group.id, group.prompt, static_cast<int64_t>(i), group.answers[i]});
  return items;
}

Conversation judge_conversation(const Rubric& rubric, const JudgeItem& item) {
  return {{"user", rubric.render(item.prompt, item.answer)}};
}

SamplingParams judge_sampling(const SamplingSettings& sampling, const Rubric& rubric) {
  SamplingParams params(sampling);
  params.is_last_line = [&rubric](std::string_view line) { return is_score_line(line, rubric); };
  return params;
}

void judge_answers(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const JudgeSettings& settings, RecordSink<Judgement>& out) {
  Generator generator(judge.policy, judge.generation);
  const SamplingParams params = judge_sampling(settings.sampling, rubric);
  const auto make = [&](std::span<const JudgeItem> shard, const OnDone& on_done) {
    std::vector<GenerationRequest> requests;
    std::vector<Judgement> judgements;
    std::vector<size_t> asked;
    Counts dropped;
    for (const JudgeItem& item : shard) {
      judgements.push_back({item.prompt_id, item.index, {}, std::nullopt});
      TokenIds ids = in_row("prompt", item.prompt_id,
                            [&] { return judge.policy.chat().prompt_ids(judge_conversation(rubric, item)); });
      if (!generator.fits(ids)) {
        ++dropped["too_long"];
        continue;
      }
      requests.push_back({std::move(ids), settings.num_evals_to_average,
                          judge.seed.child("judge", item.prompt_id, item.index)});
      asked.push_back(judgements.size() - 1);
    }
    const auto completions = generator.generate(requests, params, on_done);
    for (size_t i = 0; i < asked.size(); ++i) {
      judgements[asked[i]].replies = parse_replies(completions[i], rubric);
      judgements[asked[i]].score = mean_score(judgements[asked[i]].replies);
    }
    out.append(judgements, dropped);
  };
  for_each_shard(items, judge.generation.shard_size, "judgements", out, make);
}

std::optional<double> score_without_model(const NullJudge& judge, const JudgeItem& item) {
  const std::string& kind = judge.kind;
  if (kind == "gold") return judge.gold->score(item.prompt, item.answer);
  if (kind == "longest") return static_cast<double>(split_words(item.answer).size());
  check(kind == "random", "[judge] '", kind, "' is no judge; self, gold, random or longest is wanted");
  return judge.max_score * judge.seed.child("random_judge", item.prompt_id, item.index).uniform(0);
}

void judge_without_model(const NullJudge& judge, const std::vector<JudgeItem>& items,
                         RecordSink<Judgement>& out) {
  check(judge.kind != "gold" || judge.gold,
        "[judge] judge.kind is gold, but there are no gold rules; set data.gold");
  if (out.shards() > 0) return;
  std::vector<Judgement> judgements;
  for (const JudgeItem& item : items)
    judgements.push_back({item.prompt_id, item.index, {}, score_without_model(judge, item)});
  out.append(judgements);
}

}  // namespace selfreward
