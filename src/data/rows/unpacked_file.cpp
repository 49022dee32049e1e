#include "data/rows/unpacked_file.h"

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace selfreward {

UnpackedFile::UnpackedFile(fs::path path) : path_(std::move(path)), buffer_(size_t{1} << 16) {
  errno = 0;
  file_ = gzopen(path_.c_str(), "rb");  // a file that is not gzip is read as it is
  check(file_ != nullptr, "[files] cannot read ", path_.string(), ": ", system_reason(errno));
}

UnpackedFile::~UnpackedFile() {
  gzclose_r(file_);
}

bool UnpackedFile::fill() {
  const int count = gzread(file_, buffer_.data(), static_cast<unsigned>(buffer_.size()));
  int code = Z_OK;
  std::string reason = gzerror(file_, &code);
  if (code == Z_BUF_ERROR) reason = "it is cut off; download or copy it again";
  if (code == Z_ERRNO) reason = system_reason(errno);
  check(count > 0 || code == Z_OK || code == Z_STREAM_END, "[files] cannot read ", path_.string(), ": ",
        reason);
  at_ = 0;
  end_ = count > 0 ? static_cast<size_t>(count) : 0;
  return end_ > 0;
}

bool UnpackedFile::line(std::string& text) {
  text.clear();
  if (peek() == kEnd) return false;
  while (peek() != kEnd) {
    const char* begin = buffer_.data() + at_;
    const auto* newline = static_cast<const char*>(std::memchr(begin, '\n', end_ - at_));
    text.append(begin, newline ? newline : buffer_.data() + end_);
    at_ = newline ? static_cast<size_t>(newline - buffer_.data()) + 1 : end_;
    if (newline) break;
  }
  return true;
}

}  // namespace selfreward
