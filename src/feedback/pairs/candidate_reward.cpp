#include "feedback/pairs/candidate_reward.h"

#include "base/json_integers.h"

namespace selfreward {

void to_json(Json& json, const CandidateReward& value) {
  json = Json{{"prompt_id", value.prompt_id},
              {"index", value.index},
              {"logp", value.logp},
              {"logp_before", value.logp_before}};
}

void from_json(const Json& json, CandidateReward& value) {
  json.at("prompt_id").get_to(value.prompt_id);
  value.index = whole_number_at(json, "index", "[records] ");
  json.at("logp").get_to(value.logp);
  json.at("logp_before").get_to(value.logp_before);
}

}  // namespace selfreward
