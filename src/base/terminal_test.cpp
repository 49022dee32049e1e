#include "base/terminal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

using namespace selfreward;

namespace {

/// A terminal of our own.
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(master_ >= 0);
    REQUIRE(::grantpt(master_) == 0);
    REQUIRE(::unlockpt(master_) == 0);
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    REQUIRE(slave_ >= 0);
  }
  ~Terminal() {
    ::close(slave_);
    ::close(master_);
  }
  int descriptor() const { return slave_; }

 private:
  int master_, slave_ = -1;
};

bool takes_escapes_with(int descriptor, const char* no_color, const char* term) {
  ::unsetenv("NO_COLOR");
  if (no_color) ::setenv("NO_COLOR", no_color, 1);
  ::setenv("TERM", term, 1);
  const bool takes = takes_escapes(descriptor);
  ::unsetenv("NO_COLOR");
  return takes;
}

}  // namespace

TEST_CASE("escape sequences are for terminals whose user has not asked for plain text") {
  const Terminal terminal;
  CHECK(takes_escapes_with(terminal.descriptor(), nullptr, "xterm"));
  CHECK(takes_escapes_with(terminal.descriptor(), "", "xterm"));  // set but empty counts as not set
  CHECK(!takes_escapes_with(terminal.descriptor(), "1", "xterm"));
  CHECK(!takes_escapes_with(terminal.descriptor(), "0", "xterm"));  // whatever it says
  CHECK(!takes_escapes_with(terminal.descriptor(), nullptr, "dumb"));
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  CHECK(!takes_escapes_with(pipe[1], nullptr, "xterm"));
  ::close(pipe[0]);
  ::close(pipe[1]);
}
