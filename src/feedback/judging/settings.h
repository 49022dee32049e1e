#pragma once
// Settings of the judge, one line each: name, default, meaning.
#include <cstdint>
#include <string>

#include "infer/settings.h"

namespace selfreward {

struct JudgeSettings {
  std::string kind = "self";
  std::string form = "rubric", read = "text", requirements = "prompts";
  std::string rubric = "rubrics/additive5.yaml";
  int64_t num_evals_to_average = 3;
  SamplingSettings sampling = {};

  template <typename Fields>
  void visit(Fields& f) {
    f("kind", kind,
      "self: M_t judges its own answers; for comparison: gold (the true score), random, longest");
    f("form", form,
      "rubric: an answer is judged as a whole; checklist: one requirement of its prompt a time, each in a "
      "conversation of its own, and the score is the rubric's maximum times their share");
    f("read", read,
      "text: the score that a reply writes; expected: the mean over the probabilities of all scores (of a "
      "checklist: the probability of yes) where it writes its own");
    f("requirements", requirements,
      "what a checklist asks about: prompts, the requirements of each prompt's row; rubric, the list of "
      "judge.rubric for all");
    f("rubric", rubric, "the judge's prompt, maximum and score pattern (docs/formats.md, rubric)");
    f("num_evals_to_average", num_evals_to_average,
      "judgements K of each answer; the score is the mean of the valid ones");
    f("sampling", sampling, "how judgements are written; each ends with its score line");
  }
};

}  // namespace selfreward
