#pragma once
// What a model's own training says about its answers: the implicit reward log M_t(y|x) - log M_t-1(y|x) (equation 5 of
// Rafailov et al. 2023, arXiv 2305.18290, without its beta), beside what its judge says.
#include <cstdint>
#include <string>

#include "base/json.h"

namespace selfreward {

/// Of one candidate: sums over its tokens under M_t and under the model that M_t was trained from.
struct CandidateReward {
  std::string prompt_id;
  int64_t index = 0;
  double logp = 0, logp_before = 0;

  double reward() const { return logp - logp_before; }
};
void to_json(Json& json, const CandidateReward& value);
void from_json(const Json& json, CandidateReward& value);

}  // namespace selfreward
