#include "base/terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "base/error.h"

namespace selfreward {

bool takes_escapes(int descriptor) {
  const char *no_color = std::getenv("NO_COLOR"), *term = std::getenv("TERM");
  const bool wants_plain = no_color && *no_color != '\0', dumb = term && std::strcmp(term, "dumb") == 0;
  return ::isatty(descriptor) == 1 && !wants_plain && !dumb;
}

void finish_standard_output() {
  errno = 0;
  const bool stream_flushed = std::cout.flush().good(), file_flushed = std::fflush(stdout) == 0;
  if (stream_flushed && file_flushed && std::ferror(stdout) == 0) return;
  // A write that failed earlier has left its mark but not its reason, which another one has again.
  if (errno == 0) static_cast<void>(::write(STDOUT_FILENO, "\n", 1) + 1);
  fail("cannot write to standard output: ", errno != 0 ? system_reason(errno) : "an earlier write failed");
}

}  // namespace selfreward
