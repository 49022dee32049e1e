#include "base/seed.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace selfreward;

TEST_CASE("a draw depends on its address alone") {
  const Seed seed(7);
  const uint64_t before = seed.child("candidates", 3, 1).bits(5);
  for (int i = 0; i < 100; ++i) seed.child("candidates", 3, 1).bits(i);
  CHECK(seed.child("candidates", 3, 1).bits(5) == before);
  CHECK(seed.child("candidates").child(3).child(1).bits(5) == before);
}

TEST_CASE("neighbouring addresses give unrelated draws") {
  std::set<uint64_t> seen;
  for (int prompt = 0; prompt < 50; ++prompt)
    for (int sample = 0; sample < 20; ++sample)
      for (int position = 0; position < 10; ++position)
        seen.insert(Seed(1).child("candidates", prompt, sample).bits(position));
  CHECK(seen.size() == 50 * 20 * 10);
  CHECK(Seed(1).child("a", 1).key() != Seed(1).child("a1").key());
}

TEST_CASE("uniform draws fill [0, 1) evenly") {
  // Chi-square over 16 bins, 16,000 draws: the 99.9 % quantile with 15 degrees of freedom is 37.7.
  std::vector<double> bins(16);
  for (int i = 0; i < 16000; ++i)
    bins[static_cast<size_t>(Seed(3).child("u", i % 40).uniform(i / 40) * 16)] += 1;
  double chi = 0;
  for (const double count : bins) chi += (count - 1000) * (count - 1000) / 1000;
  CHECK(chi < 37.7);
}

TEST_CASE("a permutation holds every index once and moves them") {
  auto order = Seed(9).permutation(100);
  CHECK(!std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < 100; ++i) CHECK(order[i] == i);
}
