#pragma once
// A run directory for tests, with the files and about the numbers of a playground run and a few hostile
// texts.
#include "base/files.h"

namespace selfreward {

/// What a report must show as text and never run or obey: markup, a placeholder, an overridden direction of
/// writing, control characters. It appears as a prompt, an answer and a reply.
inline constexpr const char* kHostileText =
    "</script><script>document.documentElement.setAttribute('data-hacked', '1')</script>"
    "<img src=x onerror=\"document.documentElement.setAttribute('data-hacked', '2')\"><!-- {{DATA}} & "
    "\xe2\x80\xa8 \xe2\x80\xae"
    "desrever"
    " \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \x01\x1b[31m\x7f";

/// Writes the whole run M0 -> M3 (two rounds) into the empty directory `dir`; the same bytes every time.
/// `shift` is added to the gold scores and to beta, for a second run to compare with.
void write_example_run(const fs::path& dir, double shift = 0);

}  // namespace selfreward
