#include "train/trainer.h"

#include <csignal>
#include <set>

#include "support/golden_training.h"
#include "train/sft.h"

using namespace selfreward;

namespace {

std::vector<SftRow> some_rows() {
  std::vector<SftRow> rows;
  for (int64_t i = 0; i < 10; ++i) rows.push_back({{5, 6 + i, 40}, {50 + i, 60 + i, 2}});
  return rows;
}

std::map<std::string, torch::Tensor> weights_of(const CausalLM& model) {
  std::map<std::string, torch::Tensor> weights;
  for (const auto& item : model.named_parameters()) weights[item.key()] = item.value().detach().clone();
  return weights;
}

}  // namespace

TEST_CASE("every epoch shows every row once, in another order") {
  TrainSettings settings;
  settings.train_batch_size = 4;
  for (const bool fill : {false, true}) {
    settings.fill_last_batch = fill;
    std::multiset<size_t> seen;
    std::vector<std::vector<size_t>> orders(2);
    for (int64_t step = 0; step < 10; ++step)
      for (const size_t row : rows_of_step(step, settings, 20, Seed(3))) {
        seen.insert(row);
        orders[static_cast<size_t>(step / 5)].push_back(row);
      }
    for (size_t row = 0; row < 20; ++row) CHECK(seen.count(row) == 2);
    CHECK(orders[0] != orders[1]);
    CHECK(rows_of_step(7, settings, 20, Seed(3)) == rows_of_step(7, settings, 20, Seed(3)));
  }
}

TEST_CASE("the last batch of an epoch is short, as TRL's data loader makes it, and epochs are counted so") {
  TrainSettings settings;
  settings.train_batch_size = 8;
  settings.num_train_epochs = 2;
  CHECK(rows_of_step(2, settings, 20, Seed(3)).size() == 4);
  CHECK(rows_of_step(3, settings, 20, Seed(3)).size() == 8);  // of the second epoch
  CHECK(rows_of_step(1, settings, 20, Seed(3), /*shuffle=*/false) ==
        std::vector<size_t>{8, 9, 10, 11, 12, 13, 14, 15});
  CHECK(num_training_steps(settings, 20) == 6);
  CHECK(epochs_of(3, settings, 20) == 1);
  CHECK(epochs_of(4, settings, 20) == doctest::Approx(4.0 / 3));
  settings.num_train_epochs = 0.5;
  CHECK(num_training_steps(settings, 20) == 2);
}

TEST_CASE("a last batch that is to be filled goes on with the next epoch") {
  TrainSettings settings;
  settings.train_batch_size = 8;
  settings.num_train_epochs = 2;
  settings.fill_last_batch = true;
  const auto rows = rows_of_step(2, settings, 20, Seed(3));
  CHECK(rows.size() == 8);
  CHECK(std::vector<size_t>(rows.begin() + 4, rows.end()) == streamed_rows(5, 4, 20, Seed(3)));
  CHECK(num_training_steps(settings, 20) == 5);
  CHECK(epochs_of(5, settings, 20) == 2);
}

TEST_CASE("micro-batches keep the order and the budget") {
  const auto batches =
      micro_batches({0, 1, 2, 3}, 5, [](size_t row) { return static_cast<int64_t>(row) + 2; });
  CHECK(batches == std::vector<std::vector<size_t>>{{0, 1}, {2}, {3}});
}

TEST_CASE(
    "a training that is stopped and started again gives the same weights and metrics, with dropout too") {
  TrainSettings settings;
  settings.learning_rate = 1e-3;
  settings.max_steps = 9;
  settings.train_batch_size = 3;
  settings.dropout = 0.1;
  settings.save_steps = 2;
  const TrainingFiles whole = scratch_training("whole"), parts = scratch_training("parts");
  Policy expected = tiny_policy();
  train_sft(expected.model(), some_rows(), settings, {Seed(4), whole, "test"});

  for (int64_t stop_after : {1, 5, 8}) {  // the run dies at these steps; 1 is before the first checkpoint
    Policy policy = tiny_policy();
    const auto rows = some_rows();
    CHECK_THROWS_AS(
        run_training(
            policy.model(), settings, rows.size(), {Seed(4), parts, "test"},
            [&](const TrainingStep& step) {
              check(step.number < stop_after, "killed");
              return Json{{"loss", accumulate_sft(policy.model(), rows, step, settings)}, {"num_tokens", 1}};
            }),
        Error);
  }
  Policy resumed = tiny_policy();
  train_sft(resumed.model(), some_rows(), settings, {Seed(4), parts, "test"});
  const auto a = weights_of(expected.model()), b = weights_of(resumed.model());
  for (const auto& [name, tensor] : a) CHECK(at::equal(tensor, b.at(name)));
  const auto loss_lines = [](const TrainingFiles& files) {
    std::vector<double> losses;
    for (const auto& line : read_lines(files.metrics())) losses.push_back(Json::parse(line)["loss"]);
    return losses;
  };
  CHECK(loss_lines(whole) == loss_lines(parts));
  CHECK(loss_lines(whole).size() == 9);
}

TEST_CASE("a loss that is not a number stops the training before it destroys the weights") {
  Policy policy = tiny_policy();
  const auto before = weights_of(policy.model());
  TrainSettings settings;
  settings.max_steps = 1;
  CHECK_THROWS_WITH_AS(run_training(policy.model(), settings, 1, {Seed(1), scratch_training("nan"), "test"},
                                    [&](const TrainingStep&) {
                                      (policy.model().output_weight().sum() * NAN).backward();
                                      return Json{{"loss", 0.0}};
                                    }),
                       doctest::Contains("not finite"), Error);
  for (const auto& [name, tensor] : weights_of(policy.model())) CHECK(at::equal(tensor, before.at(name)));
}

TEST_CASE("layers that are computed again in the backward pass give the same training, with dropout too") {
  TrainSettings settings;
  settings.learning_rate = 1e-3;
  settings.max_steps = 3;
  settings.train_batch_size = 3;
  settings.dropout = 0.1;
  Policy kept = tiny_policy(), again = tiny_policy();
  train_sft(kept.model(), some_rows(), settings, {Seed(4), scratch_training("kept"), "test"});
  settings.gradient_checkpointing = true;
  train_sft(again.model(), some_rows(), settings, {Seed(4), scratch_training("again"), "test"});
  const auto a = weights_of(kept.model()), b = weights_of(again.model());
  for (const auto& [name, tensor] : a) CHECK(at::equal(tensor, b.at(name)));
}
