#pragma once
// Files of JSON lines that a process may be writing, or was killed while it wrote.
#include <vector>

#include "base/json.h"

namespace selfreward {

/// The objects of a file's lines; half a line is left out. Empty where there is no file.
std::vector<Json> read_whole_rows(const fs::path& path);

}  // namespace selfreward
