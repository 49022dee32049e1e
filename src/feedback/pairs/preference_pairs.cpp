#include "feedback/pairs/preference_pairs.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/utf8.h"

namespace selfreward {
namespace {

using Answers = std::vector<ScoredCandidate>;

/// The answer that is chosen and the one that is rejected.
struct Choice {
  const ScoredCandidate *chosen, *rejected;
};

/// The scored candidates of one prompt in the order of their indices.
Answers scored(const std::map<int64_t, ScoredCandidate>& candidates) {
  Answers found;
  for (const auto& [index, entry] : candidates)
    if (entry.score()) found.push_back(entry);
  return found;
}

bool scores_lower(const ScoredCandidate& a, const ScoredCandidate& b) {
  return *a.score() < *b.score();
}

Choice best_and_worst(const Answers& answers) {  // both find the first among equals
  return {&*std::max_element(answers.begin(), answers.end(), scores_lower),
          &*std::min_element(answers.begin(), answers.end(), scores_lower)};
}

size_t length_of(const ScoredCandidate& answer) {
  return static_cast<size_t>(count_characters(answer.candidate->text));
}

Choice by_length(const Answers& answers, double rho) {
  Choice choice = best_and_worst(answers);
  const double high = *choice.chosen->score(), low = *choice.rejected->score(), band = rho * (high - low);
  const auto is_best = [&](const ScoredCandidate& x) { return *x.score() >= high - band; };
  const auto is_worst = [&](const ScoredCandidate& x) { return *x.score() <= low + band; };
  for (const ScoredCandidate& answer : answers) {
    if (is_best(answer) && length_of(answer) < length_of(*choice.chosen)) choice.chosen = &answer;
    if (is_worst(answer) && length_of(answer) > length_of(*choice.rejected)) choice.rejected = &answer;
  }
  return choice;
}

std::vector<Choice> every_two(const Answers& answers) {
  std::vector<Choice> choices;
  for (size_t a = 0; a < answers.size(); ++a)
    for (size_t b = a + 1; b < answers.size(); ++b)
      choices.push_back(scores_lower(answers[a], answers[b]) ? Choice{&answers[b], &answers[a]}
                                                             : Choice{&answers[a], &answers[b]});
  return choices;
}

std::vector<Choice> choices_of(const Answers& answers, const Answers& anchors, const PairSettings& settings) {
  if (settings.choose == "anchored")
    return {{best_and_worst(answers).chosen, best_and_worst(anchors).rejected}};
  if (settings.choose == "all") return every_two(answers);
  if (settings.choose == "length_band") return {by_length(answers, settings.rho)};
  return {best_and_worst(answers)};
}

/// Why two answers make no pair; empty where they make one.
std::string objection(const Choice& choice, const PairSettings& settings) {
  const double gap = *choice.chosen->score() - *choice.rejected->score();
  if (gap == 0) return "tie";
  if (gap < 0) return "anchor_is_better";
  if (choice.chosen->candidate->text == choice.rejected->candidate->text) return "identical_texts";
  constexpr double kRounding = 1e-9;  // 1.2 - 1.0 is a little less than 0.2
  if (gap < settings.margin - kRounding) return "below_margin";
  const auto &chosen = choice.chosen->reward, &rejected = choice.rejected->reward;
  const bool agree = chosen && rejected && *chosen > *rejected;
  return settings.keep == "agree" && !agree ? "rewards_disagree" : "";
}

PreferencePair make_pair_of(const Prompt& prompt, const Choice& choice) {
  PreferencePair pair;
  pair.prompt_id = prompt.id;
  pair.prompt = {{"user", prompt.text}};
  pair.chosen = choice.chosen->candidate->text;
  pair.chosen_ids = choice.chosen->candidate->token_ids;
  pair.score_chosen = choice.chosen->score();
  pair.rejected = choice.rejected->candidate->text;
  pair.rejected_ids = choice.rejected->candidate->token_ids;
  pair.score_rejected = choice.rejected->score();
  return pair;
}

/// Keeps a share of the pairs, those with the largest gaps, in their order.
void keep_top_share(Filtered<PreferencePair>& pairs, const std::vector<double>& gaps, double share) {
  std::vector<size_t> order(gaps.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return gaps[a] > gaps[b]; });
  const auto count = static_cast<size_t>(std::ceil(share * static_cast<double>(gaps.size()) - 1e-9));
  if (count >= order.size()) return;
  pairs.dropped["below_top_share"] = static_cast<int64_t>(order.size() - count);
  order.resize(count);
  std::sort(order.begin(), order.end());
  std::vector<PreferencePair> kept;
  for (const size_t i : order) kept.push_back(std::move(pairs.records[i]));
  pairs.records = std::move(kept);
}

}  // namespace

Filtered<PreferencePair> build_preference_pairs(const RoundAnswers& round, const PairSettings& settings) {
  const bool anchored = settings.choose == "anchored";
  const CandidatesByPrompt joined = join_round(round);
  CandidatesByPrompt anchors;
  if (anchored) anchors = join_round({round.prompts, round.anchors, round.anchor_judgements});
  Filtered<PreferencePair> result;
  std::vector<double> gaps;
  for (const Prompt& prompt : round.prompts) {
    const Answers answers = scored(joined.at(prompt.id)),
                  earlier = anchored ? scored(anchors.at(prompt.id)) : Answers();
    if (anchored ? answers.empty() || earlier.empty() : answers.size() < 2) {
      ++result.dropped["fewer_than_two_scores"];
      continue;
    }
    for (const Choice& choice : choices_of(answers, earlier, settings)) {
      if (const std::string why = objection(choice, settings); !why.empty()) {
        ++result.dropped[why];
        continue;
      }
      result.records.push_back(make_pair_of(prompt, choice));
      gaps.push_back(largest_gap(*choice.chosen->judgement, *choice.rejected->judgement));
    }
  }
  keep_top_share(result, gaps, settings.top_share);
  return result;
}

Filtered<Example> build_positive_examples(const std::vector<Prompt>& prompts,
                                          const std::vector<Candidate>& candidates,
                                          const std::vector<Judgement>& judgements, double max_score) {
  const CandidatesByPrompt joined = join_round({prompts, candidates, judgements});
  Filtered<Example> result;
  for (const Prompt& prompt : prompts) {
    std::set<std::string> texts;
    for (const auto& [index, entry] : joined.at(prompt.id)) {
      const std::string& text = entry.candidate->text;
      if (!entry.score())
        ++result.dropped["no_score"];
      else if (*entry.score() < max_score)
        ++result.dropped["below_maximum"];
      else if (!texts.insert(text).second)
        ++result.dropped["identical_texts"];
      else
        result.records.push_back(
            {str(prompt.id, "/", index), {{"user", prompt.text}, {"assistant", text}}, "aift"});
    }
  }
  return result;
}

}  // namespace selfreward
