#include "feedback/pairs/candidate_reward.h"

#include "base/json_integers.h"
#include "base/json_reason.h"

namespace selfreward {

void to_json(Json& json, const CandidateReward& value) {
  json = Json{{"prompt_id", value.prompt_id},
              {"index", value.index},
              {"logp", value.logp},
              {"logp_before", value.logp_before}};
}

void from_json(const Json& json, CandidateReward& value) {
  take(json, "prompt_id", value.prompt_id);
  value.index = whole_number_at(json, "index", "[records] ");
  take(json, "logp", value.logp);
  take(json, "logp_before", value.logp_before);
}

}  // namespace selfreward
