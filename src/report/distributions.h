#pragma once
// How the numbers and the texts of the rounds are distributed: scores, lengths, margins; and, without any
// embedding, how far prompts and answers lie from the seeds and from earlier rounds (ROUGE-L, word 3-grams).
#include "report/records.h"

namespace selfreward {

/// The instruction examples that the run began with; `problem` says why there are none.
struct SeedTexts {
  std::vector<std::string> prompts, answers;
  std::string problem;
};

/// Out of the files that data.ift of the run's config.yaml names, as far as they can still be read.
SeedTexts read_seed_texts(const std::string& config_yaml);

/// Histograms (histograms.h) of the judge's scores, the answers' lengths in tokens, and the margins of
/// the pairs.
Json score_histograms(const std::vector<RoundRecords>& rounds);

/// Histograms of prompts and of answers by round: words, the best ROUGE-L F against the seeds, and the share
/// of word 3-grams that neither the seeds nor earlier rounds have. At most 1000 texts of a round and 2000
/// seeds are compared, evenly spread.
Json text_histograms(const std::vector<RoundRecords>& rounds, const SeedTexts& seeds);

}  // namespace selfreward
