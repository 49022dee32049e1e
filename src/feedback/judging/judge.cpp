#include "feedback/judging/judge.h"

#include <set>
#include <unordered_map>

#include "base/in_row.h"
#include "base/text_util.h"
#include "data/answers_by_prompt.h"
#include "data/shards.h"
#include "feedback/judging/choice_tokens.h"
#include "feedback/judging/score_parser.h"

namespace selfreward {
namespace {

/// How replies are sampled and read.
class Reader {
 public:
  Reader(const Tokenizer& tokenizer, const Rubric& rubric, const JudgeSettings& settings)
      : rubric_(rubric), soft_(settings.read == "expected"), sampling_(settings.sampling) {
    sampling_.is_last_line = [&rubric](std::string_view line) { return is_score_line(line, rubric); };
    if (!soft_) return;
    choices_ = choices_of(rubric);
    tokens_.emplace(tokenizer, rubric);
    sampling_.watched = tokens_->watched();
  }

  const SamplingParams& sampling() const { return sampling_; }

  JudgeReply read(const Completion& completion, const std::string& requirement, Counts& dropped) const {
    JudgeReply reply = parse_judge_reply(completion.text, completion.finish_reason, rubric_);
    reply.requirement = requirement;
    if (!soft_ || !reply.score) return reply;
    if (auto shares = tokens_->probabilities(rubric_.score_pattern, completion)) {
      reply.expected = expected_value(choices_, *shares);
      reply.probabilities = std::move(*shares);
    } else {
      ++dropped["no_score_token"];
    }
    return reply;
  }

  /// What the replies to one question are worth together.
  std::optional<double> worth(const std::vector<JudgeReply>& replies) const {
    return mean_score(replies, soft_);
  }

 private:
  const Rubric& rubric_;
  const bool soft_;
  SamplingParams sampling_;
  std::vector<Choice> choices_;
  std::optional<ChoiceTokens> tokens_;
};

/// `worths` are those of the replies to each question; one that is absent leaves the answer without a score.
std::optional<double> score_of(const Rubric& rubric, const Checklist& questions,
                               const std::vector<std::optional<double>>& worths) {
  std::vector<double> shares;
  for (const auto& worth : worths) {
    if (!worth) return std::nullopt;
    shares.push_back(*worth);
  }
  if (rubric.form == JudgeForm::rubric) return shares[0];
  return rubric.max_score * checklist_share(questions, shares);
}

/// Where the draws about a question begin.
Seed seed_of(const Seed& seed, const JudgeItem& item, const Checklist& questions, size_t question) {
  const Seed of_answer = seed.child("judge", item.prompt_id, item.index);
  return questions[question].wording.empty() ? of_answer : of_answer.child(question);
}

/// Answers that are judged together: the tree of their prompts computes what these share once.
struct Shard {
  std::span<const JudgeItem> items;
  std::vector<Checklist> questions;  // of each item
  std::vector<GenerationRequest> requests;
  std::vector<size_t> first;  // request of each item; npos for one that does not fit
  Counts dropped;
};

constexpr size_t kNone = std::string::npos;
constexpr const char* kNoRequirements =
    "but a checklist asks about them; give each row \"requirements\", or set judge.requirements to rubric";

/// questions_of; empty where a checklist has nothing to ask.
Checklist checklist_for(const Rubric& rubric, const JudgeItem& item, const JudgeSettings& settings) {
  if (rubric.form != JudgeForm::checklist) return {{""}};
  if (settings.requirements == "rubric") return rubric.requirements;
  return in_row("prompt", item.prompt_id, [&] { return checklist_of(item.requirements); });
}

/// The requests of one item; none, which is counted, where one of them does not fit.
void add_item(const Writer& judge, const Generator& generator, const Rubric& rubric, const JudgeItem& item,
              const JudgeSettings& settings, Shard& shard) {
  std::vector<GenerationRequest> requests;
  const Checklist questions = questions_of(rubric, item, settings);
  for (size_t i = 0; i < questions.size(); ++i) {
    TokenIds ids = in_row("prompt", item.prompt_id, [&] {
      return judge.policy.chat().prompt_ids(judge_conversation(rubric, item, questions[i].wording));
    });
    if (generator.fits(ids))
      requests.push_back(
          {std::move(ids), settings.num_evals_to_average, seed_of(judge.seed, item, questions, i)});
  }
  const bool fits = requests.size() == questions.size();
  if (!fits) ++shard.dropped["too_long"];
  shard.questions.push_back(questions);
  shard.first.push_back(fits ? shard.requests.size() : kNone);
  if (fits) std::move(requests.begin(), requests.end(), std::back_inserter(shard.requests));
}

/// `completions` are those of shard.requests.
std::vector<Judgement> judgements_of(const Rubric& rubric, const Reader& reader, Shard& shard,
                                     const std::vector<std::vector<Completion>>& completions) {
  std::vector<Judgement> judgements;
  for (size_t i = 0; i < shard.items.size(); ++i) {
    Judgement& made =
        judgements.emplace_back(Judgement{shard.items[i].prompt_id, shard.items[i].index, {}, std::nullopt});
    if (shard.first[i] == kNone) continue;
    const Checklist& questions = shard.questions[i];
    std::vector<std::optional<double>> worths;
    for (size_t q = 0; q < questions.size(); ++q) {
      std::vector<JudgeReply> replies;
      for (const Completion& completion : completions[shard.first[i] + q])
        replies.push_back(reader.read(completion, questions[q].wording, shard.dropped));
      worths.push_back(reader.worth(replies));
      std::move(replies.begin(), replies.end(), std::back_inserter(made.replies));
    }
    made.score = score_of(rubric, questions, worths);
  }
  return judgements;
}

}  // namespace

std::vector<JudgeItem> judge_items(const std::vector<Prompt>& prompts,
                                   const std::vector<Candidate>& candidates) {
  answers_by_prompt(prompts, candidates, "[judge] ");  // throws where they do not belong together
  std::unordered_map<std::string, const Prompt*> by_id;
  for (const Prompt& prompt : prompts) by_id[prompt.id] = &prompt;
  std::vector<JudgeItem> items;
  for (const Candidate& candidate : candidates) {
    const Prompt& prompt = *by_id.at(candidate.prompt_id);
    items.push_back({candidate.prompt_id, prompt.text, candidate.index, candidate.text, prompt.requirements});
  }
  return items;
}

std::vector<JudgeItem> judge_items(const std::vector<RankedAnswers>& ranked) {
  std::vector<JudgeItem> items;
  for (const RankedAnswers& group : ranked)
    for (size_t i = 0; i < group.answers.size(); ++i)
      items.push_back(
          {group.id, group.prompt, static_cast<int64_t>(i), group.answers[i], group.requirements});
  return items;
}

Checklist questions_of(const Rubric& rubric, const JudgeItem& item, const JudgeSettings& settings) {
  Checklist questions = checklist_for(rubric, item, settings);
  check(!questions.empty(), "[judge] prompt '", item.prompt_id, "' has no requirements, ", kNoRequirements);
  return questions;
}

Conversation judge_conversation(const Rubric& rubric, const JudgeItem& item, const std::string& requirement) {
  return {{"user", rubric.render(item.prompt, item.answer, requirement)}};
}

void check_judge(const Rubric& rubric, const JudgeSettings& settings, const std::vector<JudgeItem>& items) {
  const bool checklist = rubric.form == JudgeForm::checklist, pairwise = rubric.form == JudgeForm::pairwise;
  check(settings.form == to_string(rubric.form), "[judge] judge.form is ", settings.form,
        ", but the template of ", settings.rubric,
        checklist  ? " has {requirement}, as a checklist's"
        : pairwise ? " has {response_a}, as one for two answers"
                   : " has neither {requirement} nor {response_a}",
        "; name another file in judge.rubric, or set judge.form to ", to_string(rubric.form));
  check(!pairwise || rubric.has_verdict_pattern, "[judge] ", settings.rubric,
        " has no verdict_pattern, by which the verdict of judge.form pairwise is read; add one, as "
        "'verdict\\W{1,6}(A|B|tie)\\b'");
  check(!checklist || settings.requirements != "rubric" || !rubric.requirements.empty(),
        "[judge] judge.requirements is rubric, but ", settings.rubric, " has no list of requirements");
  const bool writes = settings.requirements == "M0" || settings.requirements == "self";
  check(!checklist || !writes || !rubric.list_template.empty(), "[judge] judge.requirements is ",
        settings.requirements, ", but ", settings.rubric, " has no list_template to ask for them with");
  check(checklist || settings.requirements == JudgeSettings().requirements, "[judge] judge.requirements is ",
        settings.requirements, ", but judge.form is ", settings.form,
        ", which asks about no requirements; leave it out");
  if (settings.read == "expected" && !pairwise) choices_of(rubric);
  check(settings.num_evals_to_average == 1 || settings.sampling.temperature > 0,
        "[judge] judge.num_evals_to_average is ", settings.num_evals_to_average,
        ", but with judge.sampling.temperature 0 all replies are the same; set one of them");
  if (checklist) check_score_line(rubric, settings.rubric);
  check_questions(rubric, settings, items);
}

void check_questions(const Rubric& rubric, const JudgeSettings& settings,
                     const std::vector<JudgeItem>& items) {
  std::set<std::string> prompts, without;
  std::string first;
  for (const JudgeItem& item : items) {
    prompts.insert(item.prompt_id);
    if (!checklist_for(rubric, item, settings).empty()) continue;
    without.insert(item.prompt_id);
    if (first.empty()) first = item.prompt_id;
  }
  check(without.empty(), "[judge] ", without.size(), " of ", prompts.size(),
        without.size() == 1 ? " prompts has" : " prompts have", " no requirements (the first is '", first,
        "'), ", kNoRequirements);
}

void check_judge_tokens(const Tokenizer& tokenizer, const Rubric& rubric, const JudgeSettings& settings) {
  if (settings.read == "expected" && rubric.form != JudgeForm::pairwise) ChoiceTokens(tokenizer, rubric);
}

void judge_answers(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const JudgeSettings& settings, RecordSink<Judgement>& out) {
  check_judge(rubric, settings, items);
  Generator generator(judge.policy, judge.generation);
  const Reader reader(judge.policy.tokenizer(), rubric, settings);
  const auto make = [&](std::span<const JudgeItem> part, const OnDone& on_done) {
    Shard shard{part, {}, {}, {}, {}};
    for (const JudgeItem& item : part) add_item(judge, generator, rubric, item, settings, shard);
    const auto completions = generator.generate(shard.requests, reader.sampling(), on_done);
    const auto judgements = judgements_of(rubric, reader, shard, completions);
    out.append(judgements, shard.dropped);
  };
  for_each_shard(items, judge.generation.shard_size, "judgements", out, make);
}

std::vector<Judgement> read_as_text(const Rubric& rubric, const std::vector<JudgeItem>& items,
                                    const JudgeSettings& settings, std::vector<Judgement> judgements) {
  const auto replies_each = static_cast<ptrdiff_t>(settings.num_evals_to_average);
  for (size_t i = 0; i < judgements.size(); ++i) {
    std::vector<JudgeReply>& replies = judgements[i].replies;
    for (JudgeReply& reply : replies) reply.expected.reset(), reply.probabilities.clear();
    if (replies.empty()) continue;  // it did not fit
    std::vector<std::optional<double>> worths;
    for (auto begin = replies.begin(); begin != replies.end(); begin += replies_each)
      worths.push_back(mean_score({begin, begin + replies_each}));
    judgements[i].score = score_of(rubric, questions_of(rubric, items.at(i), settings), worths);
  }
  return judgements;
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
