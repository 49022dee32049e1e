#include "infer/slot_allocator.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("released slots are joined and used again from below") {
  SlotAllocator slots(10);
  const auto a = *slots.allocate(4), b = *slots.allocate(4);
  CHECK(b.begin == 4);
  CHECK(!slots.allocate(3));
  slots.release(a);
  slots.release(b);
  CHECK(slots.allocate(10)->begin == 0);
}
