#include "report/distributions.h"

#include <unordered_set>

#include "base/text_util.h"
#include "base/yaml.h"
#include "data/messages.h"
#include "data/readers.h"
#include "feedback/rouge.h"
#include "monitor/values.h"
#include "report/histograms.h"

namespace selfreward {
namespace {

constexpr size_t kMaxTexts = 1000, kMaxSeeds = 2000, kGram = 3;

using Grams = std::unordered_set<size_t>;

/// Hashes of the text's word 3-grams, in ASCII lower case.
std::vector<size_t> grams_of(const std::string& text) {
  std::vector<size_t> words, grams;
  for (std::string& word : split_words(text)) {
    for (char& c : word)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    words.push_back(std::hash<std::string>()(word));
  }
  for (size_t i = 0; i + kGram <= words.size(); ++i) {
    size_t hash = 0;
    for (size_t k = 0; k < kGram; ++k) hash = (hash ^ words[i + k]) * 0x9e3779b97f4a7c15ULL;
    grams.push_back(hash ^ (hash >> 32));
  }
  return grams;
}

void add_grams(Grams& known, const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    for (const size_t gram : grams_of(text)) known.insert(gram);
}

/// One round's texts of one kind; `total` is how many the run has.
struct RoundTexts {
  int64_t t = 0;
  std::vector<std::string> texts;
  size_t total = 0;
};

std::vector<RoundValues> word_counts(const std::vector<RoundTexts>& rounds) {
  std::vector<RoundValues> result;
  for (const RoundTexts& round : rounds) {
    result.push_back({round.t, {}, round.total});
    for (const std::string& text : round.texts)
      result.back().values.push_back(static_cast<double>(split_words(text).size()));
  }
  return result;
}

/// Texts without a word of ASCII letters or digits have no ROUGE-L and are left out.
std::vector<RoundValues> likeness(const std::vector<RoundTexts>& rounds,
                                  const std::vector<std::string>& seeds) {
  RougePool pool;
  for (const std::string& seed : seeds) pool.add(seed);
  std::vector<RoundValues> result;
  for (const RoundTexts& round : rounds) {
    result.push_back({round.t, {}, round.total});
    for (const std::string& text : round.texts)
      if (!seeds.empty() && !rouge_words(text).empty()) result.back().values.push_back(pool.best_match(text));
  }
  return result;
}

std::vector<RoundValues> novelty(const std::vector<RoundTexts>& rounds,
                                 const std::vector<std::string>& seeds) {
  Grams known;
  add_grams(known, seeds);
  std::vector<RoundValues> result;
  for (const RoundTexts& round : rounds) {
    result.push_back({round.t, {}, round.total});
    for (const std::string& text : round.texts) {
      const std::vector<size_t> grams = grams_of(text);
      const auto is_new = [&](size_t gram) { return !known.contains(gram); };
      if (grams.empty() || known.empty()) continue;
      result.back().values.push_back(static_cast<double>(std::count_if(grams.begin(), grams.end(), is_new)) /
                                     static_cast<double>(grams.size()));
    }
    add_grams(known, round.texts);
  }
  return result;
}

template <typename Record>
RoundTexts texts_of(int64_t t, const std::vector<Record>& records) {
  RoundTexts result{t, {}, records.size()};
  for (const Record& record : evenly_spread(records, kMaxTexts)) result.texts.push_back(record.text);
  return result;
}

void add(Json& list, const std::string& kind, Json histogram) {
  if (histogram.is_null()) return;
  histogram["kind"] = kind;
  list.push_back(std::move(histogram));
}

void add_texts(Json& list, const std::string& kind, const std::vector<RoundTexts>& rounds,
               const std::vector<std::string>& all_seeds) {
  const std::vector<std::string> seeds = evenly_spread(all_seeds, kMaxSeeds);
  add(list, kind, shared_histogram("Words", "How long the texts are.", "words", word_counts(rounds)));
  add(list, kind,
      shared_histogram("Likeness to the seeds",
                       "ROUGE-L F against the most alike seed text: 1 is a copy. Only ASCII words count.",
                       "ROUGE-L", likeness(rounds, seeds)));
  add(list, kind,
      shared_histogram(
          "New 3-grams",
          "Share of a text's word 3-grams that no seed and no earlier round has: 0 is nothing new.", "share",
          novelty(rounds, seeds)));
}

/// A list of the section "data"; empty where there is none.
std::vector<std::string> data_list(const std::string& config_yaml, const char* key) {
  const YAML::Node config = parse_yaml(config_yaml, "[report] config.yaml");
  if (!config.IsMap() || !config["data"] || !config["data"].IsMap()) return {};
  const YAML::Node list = config["data"][key];
  if (!list || !list.IsSequence()) return {};
  return list.as<std::vector<std::string>>();
}

RoundValues margins_of(const RoundRecords& round) {
  RoundValues margins{round.t, {}, round.pairs.size()};
  for (const PreferencePair& pair : round.pairs)
    if (pair.score_chosen && pair.score_rejected)
      margins.values.push_back(*pair.score_chosen - *pair.score_rejected);
  return margins;
}

RoundValues scores_of(const RoundRecords& round) {
  RoundValues scores{round.t, {}, 0};
  for (const Judgement& judgement : round.judgements)
    for (const double score : judge_scores(judgement)) scores.values.push_back(score);
  scores.total = scores.values.size();
  return scores;
}

RoundValues lengths_of(const RoundRecords& round) {
  RoundValues lengths{round.t, {}, round.candidates.size()};
  for (const Candidate& candidate : round.candidates)
    lengths.values.push_back(static_cast<double>(candidate.token_ids.size()));
  return lengths;
}

}  // namespace

SeedTexts read_seed_texts(const std::string& config_yaml) {
  SeedTexts seeds;
  try {
    const auto files = data_list(config_yaml, "ift");
    auto languages = data_list(config_yaml, "languages");
    if (languages.empty()) languages = {"en"};  // an older run, which could not choose
    if (files.empty()) seeds.problem = "config.yaml names no instruction data (data.ift)";
    for (const std::string& file : files)
      for (const Example& example : read_examples(file, languages).records) {
        seeds.prompts.push_back(first_question(example.messages));
        seeds.answers.push_back(example.messages.back().content);
      }
  } catch (const std::exception& e) {  // not the run's own file: it may have moved or changed since
    return {{}, {}, e.what()};
  }
  return seeds;
}

Json score_histograms(const std::vector<RoundRecords>& rounds) {
  std::vector<RoundValues> scores, lengths, margins;
  for (const RoundRecords& round : rounds) {
    scores.push_back(scores_of(round));
    lengths.push_back(lengths_of(round));
    margins.push_back(margins_of(round));
  }
  Json list = Json::array();
  add(list, "scores", shared_histogram("Scores of the judge", "Every reply that has a score.", "", scores));
  add(list, "lengths", shared_histogram("Length of the answers", "Every answer.", "tokens", lengths));
  add(list, "margins",
      shared_histogram("Margin of the pairs", "Mean score of the chosen answer minus the rejected one's.", "",
                       margins));
  return list;
}

Json text_histograms(const std::vector<RoundRecords>& rounds, const SeedTexts& seeds) {
  std::vector<RoundTexts> prompts, answers;
  for (const RoundRecords& round : rounds) {
    prompts.push_back(texts_of(round.t, round.prompts));
    answers.push_back(texts_of(round.t, round.candidates));
  }
  Json list = Json::array();
  add_texts(list, "prompts", prompts, seeds.prompts);
  add_texts(list, "answers", answers, seeds.answers);
  return list;
}

}  // namespace selfreward
