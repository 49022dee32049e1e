#pragma once
// Where the time goes, by operator: every ATen operator and every RECORD_FUNCTION of ours, self time only.
#include <string>

namespace bench {

/// While it lives, operators of all threads are timed.
class OperatorProfile {
 public:
  OperatorProfile();
  ~OperatorProfile();
  /// A table: share of the total, seconds, calls, name; the largest first, `rows` of them.
  std::string table(int rows = 25) const;

 private:
  uint64_t handle_;
};

}  // namespace bench
