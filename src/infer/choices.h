#pragma once
// Which of a few tokens comes next, by their probabilities.
#include <vector>

#include "data/records.h"

namespace selfreward {

class CausalLM;

/// The probabilities of choices[i] after sequences[i] (any tokens, prompt and reply so far), renormalised
/// over the choices. One forward over the tree of the sequences; logits of the choices alone, in float32.
std::vector<std::vector<double>> choice_probabilities(const CausalLM& model,
                                                      const std::vector<TokenIds>& sequences,
                                                      const std::vector<TokenIds>& choices);

}  // namespace selfreward
