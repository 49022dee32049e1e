#pragma once
// Files that are either whole or not there: write to a temporary name, sync, rename (as leveldb does).
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace selfreward {

namespace fs = std::filesystem;

/// The whole file as bytes. Throws Error with the path and the system's reason.
std::string read_file(const fs::path& path);

/// Writes `content` under a temporary name beside `path`, syncs it to disk and renames it to `path`.
void write_file_atomically(const fs::path& path, std::string_view content);

/// Makes a directory with all above it that are not there. Throws Error with the path and the system's reason.
void make_directories(const fs::path& dir);

/// Renames a finished file or directory to its final name and syncs the parent directory.
/// An existing directory at `to` is removed first.
void commit_path(const fs::path& from, const fs::path& to);

/// Flushes a written file to the disk.
void sync_file(const fs::path& path);

/// A file that grows by whole lines; `append` returns once the lines are on the disk.
class AppendLog {
 public:
  explicit AppendLog(fs::path path);
  ~AppendLog();
  AppendLog(const AppendLog&) = delete;
  AppendLog& operator=(const AppendLog&) = delete;

  /// Appends the text in one write and syncs it.
  void append(std::string_view text);
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  int descriptor_ = -1;
};

/// The lines of a text file without their line ends; an unfinished last line is included.
std::vector<std::string> read_lines(const fs::path& path);

/// `text` as 16 hexadecimal digits of a 64-bit FNV-1a hash: fingerprints of inputs.
std::string fingerprint(std::string_view text);

}  // namespace selfreward
