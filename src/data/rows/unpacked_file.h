#pragma once
// The bytes of a file from front to back, unpacked on the way where the file is gzip.
#include <zlib.h>

#include <vector>

#include "base/files.h"

namespace selfreward {

class UnpackedFile {
 public:
  /// Throws Error with the path and the system's reason.
  explicit UnpackedFile(fs::path path);
  ~UnpackedFile();
  UnpackedFile(const UnpackedFile&) = delete;
  UnpackedFile& operator=(const UnpackedFile&) = delete;

  /// The next byte as 0 .. 255, or kEnd. Throws Error where the packed data are damaged or cut off.
  int get() { return at_ < end_ || fill() ? static_cast<unsigned char>(buffer_[at_++]) : kEnd; }
  int peek() { return at_ < end_ || fill() ? static_cast<unsigned char>(buffer_[at_]) : kEnd; }
  /// The next line without its line end; false at the end of the file.
  bool line(std::string& text);

  static constexpr int kEnd = -1;
  const fs::path& path() const { return path_; }

 private:
  bool fill();

  fs::path path_;
  gzFile file_ = nullptr;
  std::vector<char> buffer_;
  size_t at_ = 0, end_ = 0;
};

}  // namespace selfreward
