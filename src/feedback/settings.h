#pragma once
// Settings of the stages that make preference data, one line each: name, default, meaning.
#include <cstdint>
#include <string>

#include "infer/settings.h"

namespace selfreward {

struct EftSettings {
  std::string source = "self";
  int64_t baseline_max_steps = 0;
  int64_t max_prompts = 0;
  int64_t max_examples = 0;
  double max_score_share = 1.0;
  int64_t eval_steps = 0;
  std::string eval_data = {};
  int64_t early_stopping_patience = 2;
  SamplingSettings sampling = {};

  template <typename Fields>
  void visit(Fields& f) {
    f("source", source,
      "self: the SFT baseline writes judgements of data.ranked, kept where they agree with the ranks (the "
      "paper); ranks: the ranks as scores with a fixed sentence each, as verdicts on every two answers "
      "(judge.form pairwise), or as yes and no of the better and the worse half (checklist, judge.requirements "
      "rubric), for models too small to write a judgement; "
      "file: data.eft, at most max_examples of them; verdicts: data.eft are verdicts on single requirements, put into the words of "
      "judge.rubric, a checklist; none: IFT only");
    f("baseline_max_steps", baseline_max_steps,
      "SFT steps of the baseline (IFT only) that writes the judgements; 0: as sft");
    f("max_prompts", max_prompts, "ranked prompts to judge, 0 for all");
    f("max_examples", max_examples, "at most this many judgements are kept, 0 for all (the paper: 1630)");
    f("max_score_share", max_score_share,
      "the most common score (of verdicts: yes or no of each kind that has both; 0.5 or more) is thinned to "
      "this share; 1 is off");
    f("eval_steps", eval_steps,
      "steps of M1's training between two looks at its judge on eval_data; the step that orders most answers of a "
      "prompt right becomes M1; 0 is off: the last one does");
    f("eval_data", eval_data,
      "answers to prompts that the judge is not trained on: ranked ones, or verdicts on all requirements of each where "
      "source is verdicts");
    f("early_stopping_patience", early_stopping_patience,
      "that training ends after this many looks in a row without a better judge");
    f("sampling", sampling, "how the baseline writes judgements; each ends with its score line");
  }
};

struct PromptSettings {
  std::string file;
  std::string source = "M0";
  int64_t num_prompts = 1000;
  int64_t seed_shots = 6, generated_shots = 2;
  std::string header = "Here is a list of different tasks that people ask an AI assistant to do:";
  int64_t min_words = 4, max_words = 150;
  double rouge_threshold = 0.7;
  bool keyword_filter = true;
  SamplingSettings sampling{.temperature = 0.6};

  template <typename Fields>
  void visit(Fields& f) {
    f("file", file,
      "ready prompts, {id, prompt} rows: each round takes the next num_prompts of them and none are written; "
      "empty: new ones are written");
    f("source", source,
      "who writes new prompts: M0 (one fixed model, as in the paper), self (the model of the round), or a "
      "checkpoint directory");
    f("num_prompts", num_prompts, "new prompts for each round");
    f("seed_shots", seed_shots, "examples from the IFT seeds in each request");
    f("generated_shots", generated_shots, "examples from earlier generated prompts in each request");
    f("header", header, "first line of the few-shot list");
    f("min_words", min_words, "shorter prompts are dropped");
    f("max_words", max_words, "longer prompts are dropped");
    f("rouge_threshold", rouge_threshold,
      "prompts more alike than this (ROUGE-L F) to a kept one are dropped; 1: only repetitions are");
    f("keyword_filter", keyword_filter,
      "drop prompts about things a text model cannot see or do (images, files, plots, ...)");
    f("sampling", sampling, "how prompts are written");
  }
};

struct CandidateSettings {
  int64_t num_generations = 4;
  SamplingSettings sampling;

  template <typename Fields>
  void visit(Fields& f) {
    f("num_generations", num_generations, "answers N of each prompt");
    f("sampling", sampling, "how answers are written");
  }
};

}  // namespace selfreward
