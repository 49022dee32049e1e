#pragma once
// What a stage kept, and how many it left out for which reason.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace selfreward {

/// Left out by a rule is an ordinary outcome: it is counted, never silent and never an error.
template <typename Record>
struct Filtered {
  std::vector<Record> records;
  std::map<std::string, int64_t> dropped;  // by reason
};

}  // namespace selfreward
