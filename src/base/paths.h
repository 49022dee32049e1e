#pragma once
// Paths of what is to be written.
#include "base/files.h"

namespace selfreward {

/// "M1/" and "M1" are one place, and only the second has a name to rename to.
fs::path without_slash(const fs::path& path);

/// The last part of a directory's path: runs/demo/M1/ -> M1. "." and ".." have the name of the directory that
/// they are.
std::string directory_name(const fs::path& dir);

/// Whether `path` is `outer`, or lies inside of it. Both are compared as they are written.
bool is_within(const fs::path& path, const fs::path& outer);

/// Where an output directory is: without_slash, and, where that is a link to a directory, what it leads to.
/// The link stays when the directory is replaced.
fs::path output_directory(const fs::path& path);

/// Throws Error where nothing can be written to `path`: it is a link to nowhere, or a directory that it would
/// lie in is a file or may not be written to. For the start of long work.
void check_can_be_made(const fs::path& path);

/// The same of a file: a directory at `path` is an Error too.
void check_file_can_be_made(const fs::path& path);

}  // namespace selfreward
