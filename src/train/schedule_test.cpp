#include "train/schedule.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("schedules warm up from 0, start at 1 and end at the floor") {
  struct Row {
    const char* type;
    int64_t step;
    double expected;
  };
  // 10 steps, 2 of them warm-up, floor 0.1; transformers' formulas (get_linear_schedule_with_warmup,
  // cosine_with_min_lr)
  const Row rows[] = {{"linear", 0, 0},     {"linear", 1, 0.5}, {"linear", 2, 1},    {"linear", 6, 0.55},
                      {"linear", 10, 0.1},  {"cosine", 2, 1},   {"cosine", 6, 0.55}, {"cosine", 10, 0.1},
                      {"constant", 1, 0.5}, {"constant", 9, 1}};
  for (const Row& row : rows)
    CHECK(schedule_factor(row.type, row.step, 2, 10, 0.1) == doctest::Approx(row.expected));
}

TEST_CASE("an unknown schedule is an error that lists the known ones") {
  CHECK_THROWS_WITH_AS(schedule_factor("polynomial", 5, 0, 10, 0),
                       doctest::Contains("constant, linear or cosine"), Error);
}
