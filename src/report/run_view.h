#pragma once
// A run on one screen, for `selfreward top`: made from the files of the run directory alone, while the run is
// under way or afterwards. A file that is missing, half written or damaged leaves its part out.
#include <string>

#include "base/files.h"

namespace selfreward {

/// Lines of plain text: state, stage with rate and time left, curves of the newest training, rounds, the
/// table of models, warnings. `now` is seconds since 1970.
std::string run_view(const fs::path& run_dir, double now);

/// Whether a process holds the run's lock, as /proc/locks says.
bool is_at_work(const fs::path& run_dir);

/// Numbers as a line of `width` blocks from their smallest to their largest: "▁▂▄█".
std::string sparkline(const std::vector<double>& values, size_t width);

/// `text` cut to `height` lines of `width` characters.
std::string clipped_to(const std::string& text, size_t width, size_t height);

}  // namespace selfreward
