#include "base/shipped_files.h"

namespace selfreward {
namespace {

/// A folder that has what comes with the program.
bool has_shipped_files(const fs::path& dir) {
  return fs::exists(dir / "rubrics" / "additive5.yaml") && fs::is_directory(dir / "configs");
}

/// From the program's directory upwards: P/bin/selfreward has P/share/selfreward,
/// build/release/src/app/selfreward the sources' directory.
fs::path find_shipped_files() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  for (fs::path dir = program.parent_path(); !dir.empty(); dir = dir.parent_path()) {
    if (has_shipped_files(dir / "share" / "selfreward")) return dir / "share" / "selfreward";
    if (has_shipped_files(dir)) return dir;
    if (dir == dir.parent_path()) break;
  }
  return "";
}

}  // namespace

fs::path shipped_files() {
  static const fs::path dir = find_shipped_files();
  return dir;
}

std::string or_shipped(const std::string& path, const std::string& folder) {
  const fs::path dir = shipped_files();
  if (path.empty() || dir.empty() || fs::path(path).is_absolute() || fs::exists(path)) return path;
  if (fs::exists(dir / path)) return dir / path;
  const bool is_name = !folder.empty() && path.find('/') == std::string::npos;
  if (is_name)
    for (const char* end : {"", ".yaml"})
      if (const fs::path file = dir / folder / (path + end); fs::exists(file)) return file;
  return path;
}

}  // namespace selfreward
