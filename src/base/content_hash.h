#pragma once
// Contents by their hash (XXH3, 128 bits): whether a file or text is still the one that a result was made
// from.
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace selfreward {

/// "xxh3:" and 32 hexadecimal digits.
std::string content_hash(std::string_view bytes);

/// The hash of a file's bytes. A file that a process has hashed before is read again only where its size, its
/// time or its inode has changed. Throws Error with the path and the system's reason.
std::string file_hash(const fs::path& file);

/// All files of a directory and of those below it, sorted.
std::vector<fs::path> files_below(const fs::path& dir);

/// {name: hash} of files, in their order; of a directory all files below it, by their relative paths. Of two
/// files with one name the later one is called "name (2)".
Json content_hashes(const std::vector<fs::path>& files);

/// Whether a value is a hash that one of these functions gave.
bool is_content_hash(const Json& value);

}  // namespace selfreward
