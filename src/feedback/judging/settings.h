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
  int64_t max_requirements = 6;
  bool gate = true;
  SamplingSettings sampling = {};

  /// Whether a model writes the requirements of prompts that have none.
  bool writes_checklists() const {
    return form == "checklist" && (requirements == "M0" || requirements == "self");
  }

  template <typename Fields>
  void visit(Fields& f) {
    f("kind", kind,
      "self: M_t judges its own answers; for comparison: gold (the true score), random, longest");
    f("form", form,
      "rubric: an answer is judged as a whole; checklist: one requirement of its prompt a time, each in a "
      "conversation of its own, and the score is the rubric's maximum times their share; pairwise: every two "
      "answers of a prompt against each other in both orders, and the score is the maximum times the share won");
    f("read", read,
      "text: the score that a reply writes; expected: the mean over the probabilities of all scores (of a "
      "checklist the probability of yes, of two answers that of the better one) where it writes its own");
    f("requirements", requirements,
      "what a checklist asks about: prompts, the requirements of each prompt's row; rubric, the list of "
      "judge.rubric for all; M0 or self, for prompts without requirements a list that M0 or M_t writes once "
      "(list_template of judge.rubric)");
    f("max_requirements", max_requirements, "the first points of a list that a model writes are kept");
    f("rubric", rubric, "the judge's prompt, maximum and score pattern (docs/formats.md, rubric)");
    f("num_evals_to_average", num_evals_to_average,
      "judgements K of each answer; the score is the mean of the valid ones");
    f("gate", gate,
      "where ranked answers are held out, a run ends after M1 if its judge tells their best from their worst no "
      "better than random scores or the longest answer do; false: it goes on all the same");
    f("sampling", sampling, "how judgements are written; each ends with its score line");
  }
};

}  // namespace selfreward
