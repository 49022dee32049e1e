#include "base/paths.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace selfreward {

fs::path without_slash(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

std::string directory_name(const fs::path& dir) {
  const std::string name = without_slash(dir).filename().string();
  return name == "." || name == ".." ? without_slash(fs::weakly_canonical(dir)).filename().string() : name;
}

bool is_within(const fs::path& path, const fs::path& outer) {
  const auto [rest, end] = std::mismatch(outer.begin(), outer.end(), path.begin(), path.end());
  return rest == outer.end();
}

fs::path output_directory(const fs::path& path) {
  const fs::path dir = without_slash(path);
  return fs::is_symlink(dir) && fs::is_directory(dir) ? fs::canonical(dir) : dir;
}

void check_can_be_made(const fs::path& path) {
  if (fs::is_symlink(path) && !fs::exists(path))
    fail("[files] cannot write ", path.string(), ": it is a link to ", fs::read_symlink(path).string(),
         ", which does not exist");
  fs::path parent = fs::absolute(path).parent_path();
  while (!fs::exists(parent)) parent = parent.parent_path();
  check(fs::is_directory(parent), "[files] cannot write ", path.string(), ": ", parent.string(),
        " is a file");
  const bool may_write = ::access(parent.c_str(), W_OK | X_OK) == 0;
  const std::string reason = system_reason(errno);
  check(may_write, "[files] cannot write ", path.string(), ": ", parent.string(), ": ", reason);
}

void check_file_can_be_made(const fs::path& path) {
  check_can_be_made(path);
  check(!fs::is_directory(path), "[files] cannot write ", path.string(),
        ": it is a directory, a file is wanted");
}

}  // namespace selfreward
