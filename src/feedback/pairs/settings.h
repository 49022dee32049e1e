#pragma once
// Settings of the choice of preference pairs, one line each: name, default, meaning.
#include <cstdint>
#include <string>

namespace selfreward {

struct PairSettings {
  std::string choose = "best_worst", anchor = "M1", keep = "all";
  double rho = 0.1;
  double margin = 0;
  double top_share = 1;
  std::string meta_rubric = {};

  template <typename Fields>
  void visit(Fields& f) {
    f("choose", choose,
      "best_worst: one pair of each prompt, the highest score against the lowest; all: every two answers with "
      "different scores; length_band: the shortest answer of the best against the longest of the worst "
      "(Meta-Rewarding); anchored: the highest score against the lowest of an earlier model's answers to the same "
      "prompt (Temporal Self-Rewarding)");
    f("anchor", anchor, "anchored: that model, M0 or M1; M_t judges its answers too");
    f("rho", rho,
      "length_band: the best and the worst are those within this share of the prompt's range of scores");
    f("keep", keep,
      "all; agree: pairs that the model's implicit reward, log M_t - log M_t-1, orders as its judge does (SCIR)");
    f("margin", margin, "pairs whose scores are less apart are dropped; of 0 to the rubric's maximum");
    f("top_share", top_share,
      "of all pairs of a round this share is kept, those that a single requirement tells apart most (RLCF: "
      "0.4), or the score where answers are judged as a whole; 1: all are kept");
    f("meta_rubric", meta_rubric,
      "a rubric for two judgements (rubrics/meta_judge.yaml): M_t compares its own judgements of one answer of each "
      "prompt, the one whose scores vary most, and DPO prefers the best to the worst beside the answers' pairs "
      "(Meta-Rewarding); empty: off");
  }
};

}  // namespace selfreward
