#include "recipe/stopping.h"

#include <algorithm>

#include "model/policy/policy.h"
#include "run/load_policy.h"

namespace selfreward {

void StoppingState::take(int64_t step, bool is_better) {
  last_step = step;
  without_gain = is_better ? 0 : without_gain + 1;
  if (is_better) best_step = step;
}

std::vector<Json> lines_with(const fs::path& metrics, const std::string& key) {
  std::vector<Json> found;
  if (!fs::exists(metrics)) return found;
  for (const std::string& line : read_lines(metrics)) {
    Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.contains(key)) found.push_back(std::move(json));
  }
  return found;
}

fs::path candidate_of(const fs::path& dir, int64_t step) {
  return dir / str("candidate-", step);
}

StoppingState train_while_better(const StoppedTraining& training, StoppingState state,
                                 const std::function<bool(const StoppingState&, int64_t step)>& is_better) {
  while (state.last_step < training.total_steps && state.without_gain < training.patience) {
    const int64_t step = std::min(training.total_steps, state.last_step + training.eval_steps);
    training.train(step);
    const fs::path candidate = candidate_of(training.dir, step);
    if (!is_checkpoint(candidate)) training.policy.save(candidate, training.save_dtype);
    const bool better = is_better(state, step);
    fs::remove_all(better ? candidate_of(training.dir, state.best_step) : candidate);
    state.take(step, better);
  }
  return state;
}

}  // namespace selfreward
