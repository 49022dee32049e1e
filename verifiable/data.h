#pragma once
// The files of verifiable/: prompts with requirements, ranked answers for judges, judging examples.
//   verifiable_data verifiable                       # writes them all again; a test compares
//   verifiable_data verifiable --prompts 1000 --seed 7 > more.jsonl   # so many more to train on
//   verifiable_data verifiable --prompts 320 --split eval > test.jsonl   # and to evaluate on
#include "data/records.h"
#include "feedback/judging/rubric.h"
#include "gold/verifiable.h"
#include "verifiable/prompts.h"

namespace selfreward::verifiable {

struct Data {
  std::vector<VerifiablePrompt> train, eval;        // to answer
  std::vector<VerifiablePrompt> asked, eval_asked;  // of the ranked answers
  std::vector<RankedAnswers> ranked, eval_ranked;   // four answers each; a rank is the number of misses
  std::vector<Example> eft;                         // the right judgement of each answer in `ranked`
};

/// The data, from the topics and the judge's rubric; answers are made with known misses, and the scorer says
/// what they miss.
Data make_data(const std::vector<Topic>& topics, const Rubric& rubric);

/// `count` more prompts with topics and wordings of a split, in the proportions of `train`; ids are more-SEED-001, ...
/// and more-eval-SEED-001, ... Another count mixes them anew. No text of `taken` is among them, and other seeds give
/// other prompts. Those of the split train have more wordings than train.jsonl.
std::vector<VerifiablePrompt> more_prompts(const std::vector<Topic>& topics, const std::string& split,
                                           std::set<std::string> taken, int64_t count, uint64_t seed);

/// The judgement that the scorer's verdicts give: a line for each requirement, then the score of 0 to `max`.
std::string right_judgement(const VerifiableResult& result, double max_score);

/// File names with contents: train.jsonl, eval.jsonl, ranked.jsonl, eval_ranked.jsonl, eft.jsonl.
std::vector<std::pair<std::string, std::string>> data_files(const Data& data);

}  // namespace selfreward::verifiable
