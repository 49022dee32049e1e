#include "train/steps.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace selfreward {
namespace {

/// Steps that show every row once, the last one with what is left.
int64_t full_steps(int64_t batch_size, size_t num_rows) {
  return (static_cast<int64_t>(num_rows) + batch_size - 1) / batch_size;
}

}  // namespace

std::vector<size_t> streamed_rows(int64_t step, int64_t batch_size, size_t num_rows, const Seed& seed,
                                  bool shuffle) {
  std::vector<size_t> rows;
  int64_t shuffled_epoch = -1;
  std::vector<size_t> order;
  for (int64_t i = step * batch_size; i < (step + 1) * batch_size; ++i) {
    const int64_t epoch = i / static_cast<int64_t>(num_rows), at = i % static_cast<int64_t>(num_rows);
    if (shuffle && epoch != shuffled_epoch) {
      order = seed.child("order", epoch).permutation(num_rows);
      shuffled_epoch = epoch;
    }
    rows.push_back(shuffle ? order[static_cast<size_t>(at)] : static_cast<size_t>(at));
  }
  return rows;
}

std::vector<size_t> rows_of_step(int64_t step, const TrainSettings& settings, size_t num_rows,
                                 const Seed& seed, bool shuffle) {
  const int64_t batch = settings.train_batch_size;
  if (settings.fill_last_batch) return streamed_rows(step, batch, num_rows, seed, shuffle);
  const int64_t steps = full_steps(batch, num_rows), epoch = step / steps;
  std::vector<size_t> order(num_rows);
  std::iota(order.begin(), order.end(), size_t{0});
  if (shuffle) order = seed.child("order", epoch).permutation(num_rows);
  const auto first = order.begin() + (step % steps) * batch;
  return {first, std::min(first + batch, order.end())};
}

double epochs_of(int64_t steps, const TrainSettings& settings, size_t num_rows) {
  const int64_t batch = settings.train_batch_size;
  const double of_one = settings.fill_last_batch ? static_cast<double>(num_rows) / static_cast<double>(batch)
                                                 : static_cast<double>(full_steps(batch, num_rows));
  return static_cast<double>(steps) / of_one;
}

int64_t num_training_steps(const TrainSettings& settings, size_t num_rows) {
  if (settings.max_steps > 0) return settings.max_steps;
  const double of_one_epoch = 1 / epochs_of(1, settings, num_rows);
  return std::max<int64_t>(1, std::llround(std::ceil(settings.num_train_epochs * of_one_epoch - 1e-9)));
}

std::vector<std::vector<size_t>> micro_batches(const std::vector<size_t>& rows, int64_t budget,
                                               const std::function<int64_t(size_t)>& cost) {
  std::vector<std::vector<size_t>> batches;
  int64_t used = 0;
  for (const size_t row : rows) {
    if (batches.empty() || used + cost(row) > budget) {
      batches.emplace_back();
      used = 0;
    }
    batches.back().push_back(row);
    used += cost(row);
  }
  return batches;
}

}  // namespace selfreward
