#pragma once
// The one exception type of the program. It is caught once, in main(), and printed as one line:
//   check(found == wanted, "[safetensors] ", path, ": ", name, " is ", found, ", expected ", wanted);
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace selfreward {

/// What ends a run: a bad checkpoint, a bad setting, a full disk. Ordinary outcomes (a tie, a reply
/// without a score) are values, never exceptions.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The run was stopped by Ctrl-C or SIGTERM; the same command goes on where it ended.
class Interrupted : public Error {
 public:
  Interrupted() : Error("stopped; run the same command again to go on") {}
};

/// The parts written one after the other, as an ostream writes them.
template <typename... Parts>
std::string str(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <typename... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(selfreward::str(parts...));
}

/// What the system says of an errno: "No space left on device".
inline std::string system_reason(int error) {
  return std::generic_category().message(error);
}

/// Throws Error with the joined parts unless `ok`. Stays on in release builds.
template <typename... Parts>
void check(bool ok, const Parts&... parts) {
  if (!ok) fail(parts...);
}

}  // namespace selfreward
