#pragma once
// What a person looks at after (or during) a run: report.html, one file that needs nothing else, and a plain
// table for the terminal. Both are made from the files of the run directory alone, so that the same files
// give the same bytes. A file that is not there yet leaves its section out.
#include <string>

#include "base/files.h"

namespace selfreward {

/// Writes run_dir/report.html. Throws Error when a file of the run is there but damaged.
void write_report(const fs::path& run_dir);

/// Writes one page that compares the runs: settings that differ, models, curves over each other. Throws Error
/// for fewer than two runs, for one that is given twice, and for a directory that is no run's.
void write_comparison(const std::vector<fs::path>& run_dirs, const fs::path& out);

/// The evaluated models, one line each, as aligned plain text with a heading; says so when none is.
std::string result_table(const fs::path& run_dir);

}  // namespace selfreward
