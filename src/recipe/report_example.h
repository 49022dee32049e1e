#pragma once
// A run directory for tests, with the files and about the numbers of a playground run and a few hostile
// texts.
#include "base/files.h"

namespace selfreward {

/// Markup that a report must show as text and never run; it appears as a prompt, an answer and a reply.
inline constexpr const char* kHostileText =
    "</script><script>document.documentElement.setAttribute('data-hacked', '1')</script>"
    "<img src=x onerror=\"document.documentElement.setAttribute('data-hacked', '2')\"><!-- {{DATA}} & "
    "\xe2\x80\xa8";

/// Writes the whole run M0 -> M3 (two rounds) into the empty directory `dir`; the same bytes every time.
void write_example_run(const fs::path& dir);

}  // namespace selfreward
