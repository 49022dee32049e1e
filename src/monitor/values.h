#pragma once
// What the monitors look at: pure functions of a stage's records to named numbers.
#include "data/records.h"

namespace selfreward {

/// {compared, seed_likeness, earlier_likeness, prompt_variety}: means over the first kComparedPrompts new
/// prompts of the best ROUGE-L F against the seeds and against the prompts of earlier rounds (absent where
/// there are none), and the share of distinct ones among the word 4-grams of all new prompts.
constexpr size_t kComparedPrompts = 500;
Json prompt_values(const std::vector<Prompt>& prompts, const std::vector<std::string>& seeds,
                   const std::vector<std::string>& earlier);

/// {candidates, candidates_stopped, answer_tokens_mean, duplicate_candidates}, as in round.json.
Json candidate_counts(const std::vector<Candidate>& candidates);
/// Share of an answer's token 4-grams that came before in it (Welleck et al. 2020, arXiv 1908.04319); 0 for
/// one of fewer than eight 4-grams.
double repeated_4grams(const TokenIds& ids);
/// {looping, repeated_4grams, answer_tokens}: the share of answers with over half of their 4-grams repeated,
/// the mean, and a histogram of lengths.
Json candidate_values(const std::vector<Candidate>& candidates);

/// What a judge said of an answer, as numbers: the score, soft where it is read so, of each reply; of a checklist,
/// whose replies are about single requirements, the answer's score.
std::vector<double> judge_scores(const Judgement& judgement);
/// {judge_replies, judge_failures, unscored_answers, score_histogram, score_mean, score_std, score_entropy, k_variance}, as in
/// round.json.
Json judgement_counts(const std::vector<Judgement>& judgements);
/// Of the variance of all scores, the share that lies between the replies on one answer (their unbiased
/// variance); absent unless answers have two scores and scores differ.
std::optional<double> judge_noise(const std::vector<Judgement>& judgements);

/// {chosen_length, rejected_length, length_unit}: means in tokens; in characters where a file of another tool
/// has no token ids. Of one pair at least.
Json pair_lengths(const std::vector<PreferencePair>& pairs);

/// Mean of the judgements that have a score.
std::optional<double> mean_score(const std::vector<Judgement>& judgements);

/// {min, max, num, sum, sum_squares, bucket_limit, bucket} of whole numbers, in at most 30 buckets of one
/// width: the fields of TensorBoard's histograms.
Json histogram_of(const std::vector<int64_t>& values);

}  // namespace selfreward
