#pragma once
// Files that come with the program: rubrics, settings, the playground's data and model. They lie in
// share/selfreward beside the program's bin/, or in the sources' directory that it was built in.
#include <string>

#include "base/files.h"

namespace selfreward {

/// Where they are; empty where the program has been taken away from them.
fs::path shipped_files();

/// `path` where it exists or is empty, else the file that comes with the program under this path; a plain
/// name ("additive5", "playground.yaml") is looked for in `folder` of these. `path` itself where there is
/// none.
std::string or_shipped(const std::string& path, const std::string& folder = "");

}  // namespace selfreward
