#include "feedback/preference_pairs.h"

#include <algorithm>
#include <set>

namespace selfreward {
namespace {

struct ScoredCandidate {
  const Candidate* candidate = nullptr;
  std::optional<double> score;
};

/// The candidates of each prompt by index, with their mean scores.
using ByPrompt = std::map<std::string, std::map<int64_t, ScoredCandidate>>;

ByPrompt join(const std::vector<Prompt>& prompts, const std::vector<Candidate>& candidates,
              const std::vector<Judgement>& judgements) {
  ByPrompt joined;
  for (const Prompt& prompt : prompts)
    check(joined.try_emplace(prompt.id).second, "[pairs] two prompts have the id '", prompt.id, "'");
  for (const Candidate& candidate : candidates) {
    const auto prompt = joined.find(candidate.prompt_id);
    check(prompt != joined.end(), "[pairs] candidate ", candidate.index, " is of prompt '",
          candidate.prompt_id, "', which is not among the prompts; are the files of one round?");
    check(prompt->second.try_emplace(candidate.index, ScoredCandidate{&candidate, std::nullopt}).second,
          "[pairs] prompt '", candidate.prompt_id, "' has two candidates ", candidate.index);
  }
  std::set<std::pair<std::string, int64_t>> judged;
  for (const Judgement& judgement : judgements) {
    const auto prompt = joined.find(judgement.prompt_id);
    check(prompt != joined.end() && prompt->second.contains(judgement.index),
          "[pairs] the judgement of candidate ", judgement.index, " of prompt '", judgement.prompt_id,
          "' has no candidate; are the files of one round?");
    check(judged.emplace(judgement.prompt_id, judgement.index).second, "[pairs] candidate ", judgement.index,
          " of prompt '", judgement.prompt_id, "' has two judgements");
    prompt->second[judgement.index].score = judgement.score;
  }
  return joined;
}

/// The scored candidates of one prompt in the order of their indices.
std::vector<ScoredCandidate> scored(const std::map<int64_t, ScoredCandidate>& candidates) {
  std::vector<ScoredCandidate> found;
  for (const auto& [index, entry] : candidates)
    if (entry.score) found.push_back(entry);
  return found;
}

PreferencePair make_pair_of(const Prompt& prompt, const ScoredCandidate& best, const ScoredCandidate& worst) {
  PreferencePair pair;
  pair.prompt_id = prompt.id;
  pair.prompt = {{"user", prompt.text}};
  pair.chosen = best.candidate->text;
  pair.chosen_ids = best.candidate->token_ids;
  pair.score_chosen = *best.score;
  pair.rejected = worst.candidate->text;
  pair.rejected_ids = worst.candidate->token_ids;
  pair.score_rejected = *worst.score;
  return pair;
}

}  // namespace

Filtered<PreferencePair> build_preference_pairs(const std::vector<Prompt>& prompts,
                                                const std::vector<Candidate>& candidates,
                                                const std::vector<Judgement>& judgements) {
  const ByPrompt joined = join(prompts, candidates, judgements);
  const auto lower = [](const ScoredCandidate& a, const ScoredCandidate& b) { return *a.score < *b.score; };
  Filtered<PreferencePair> result;
  for (const Prompt& prompt : prompts) {
    const auto answers = scored(joined.at(prompt.id));
    if (answers.size() < 2) {
      ++result.dropped["fewer_than_two_scores"];
      continue;
    }
    const auto best = std::max_element(answers.begin(), answers.end(), lower);   // both find the first
    const auto worst = std::min_element(answers.begin(), answers.end(), lower);  // among equals
    if (*best->score == *worst->score)
      ++result.dropped["tie"];
    else if (best->candidate->text == worst->candidate->text)
      ++result.dropped["identical_texts"];
    else
      result.records.push_back(make_pair_of(prompt, *best, *worst));
  }
  return result;
}

Filtered<Example> build_positive_examples(const std::vector<Prompt>& prompts,
                                          const std::vector<Candidate>& candidates,
                                          const std::vector<Judgement>& judgements, double max_score) {
  const ByPrompt joined = join(prompts, candidates, judgements);
  Filtered<Example> result;
  for (const Prompt& prompt : prompts) {
    std::set<std::string> texts;
    for (const auto& [index, entry] : joined.at(prompt.id)) {
      const std::string& text = entry.candidate->text;
      if (!entry.score)
        ++result.dropped["no_score"];
      else if (*entry.score < max_score)
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
