#pragma once
// The files of a test lie in a directory of its process, which is removed when the process ends:
//   const fs::path dir = scratch_dir();                    // there and empty
//   write_file_atomically(scratch("rows.jsonl"), text);
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"

namespace selfreward {

class ScratchRoot {
 public:
  ScratchRoot() { fs::create_directories(path); }
  ~ScratchRoot() { fs::remove_all(path); }
  ScratchRoot(const ScratchRoot&) = delete;
  ScratchRoot& operator=(const ScratchRoot&) = delete;

  const fs::path path = fs::temp_directory_path() / str("selfreward_test_", ::getpid());
};

/// Where `name` is, or can be, in the directory of this process.
inline fs::path scratch(const std::string& name) {
  static const ScratchRoot root;
  return root.path / name;
}

/// The same as a directory that is there and empty.
inline fs::path scratch_dir(const std::string& name = "dir") {
  const fs::path dir = scratch(name);
  fs::remove_all(dir);
  fs::create_directories(dir);
  return dir;
}

}  // namespace selfreward
