#pragma once
// A file as memory, for formats that are read in place.
#include <memory>
#include <string_view>

#include "base/files.h"

namespace selfreward {

/// A private, writable map of a whole file: a write to it stays in memory. Unmapped with the last copy.
class MappedFile {
 public:
  /// Throws Error with the path and the system's reason.
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }
  std::string_view bytes() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace selfreward
