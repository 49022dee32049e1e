#include "base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>

#include "base/error.h"
#include "base/format.h"

namespace selfreward {
namespace {

void write_all(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    check(written > 0, "[files] cannot write ", path.string(), ": ", system_reason(errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void sync_path(const fs::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  check(descriptor >= 0, "[files] cannot open ", path.string(), ": ", system_reason(errno));
  const int result = ::fsync(descriptor);
  ::close(descriptor);
  check(result == 0, "[files] cannot sync ", path.string(), ": ", system_reason(errno));
}

void sync_parent(const fs::path& path) {
  const fs::path parent = path.parent_path();
  sync_path(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
}

}  // namespace

std::string read_file(const fs::path& path) {
  check(!fs::is_directory(path), "[files] cannot read ", path.string(), ": it is a directory");
  std::ifstream in(path, std::ios::binary);
  check(in.good(), "[files] cannot read ", path.string(), ": ", system_reason(errno));
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

void sync_file(const fs::path& path) {
  sync_path(path, O_RDONLY);
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  if (path.has_parent_path()) make_directories(path.parent_path());
  const fs::path partial = path.string() + ".tmp";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  check(descriptor >= 0, "[files] cannot create ", partial.string(), ": ", system_reason(errno));
  try {
    write_all(descriptor, content, partial);
    const bool synced = ::fsync(descriptor) == 0;  // before errno is read
    check(synced, "[files] cannot sync ", partial.string(), ": ", system_reason(errno));
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
  commit_path(partial, path);
}

void make_directories(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  check(!error, "[files] cannot make the directory ", dir.string(), ": ", error.message());
}

void commit_path(const fs::path& from, const fs::path& to) {
  if (fs::is_directory(to)) fs::remove_all(to);
  const bool renamed = std::rename(from.c_str(), to.c_str()) == 0;
  check(renamed, "[files] cannot rename ", from.string(), " to ", to.string(), ": ", system_reason(errno));
  sync_parent(to);
}

AppendLog::AppendLog(fs::path path) : path_(std::move(path)) {
  if (path_.has_parent_path()) make_directories(path_.parent_path());
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  check(descriptor_ >= 0, "[files] cannot open ", path_.string(), ": ", system_reason(errno));
}

AppendLog::~AppendLog() {
  ::close(descriptor_);
}

void AppendLog::append(std::string_view text) {
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  try {
    write_all(descriptor_, text, path_);
    const bool synced = ::fdatasync(descriptor_) == 0;
    check(synced, "[files] cannot sync ", path_.string(), ": ", system_reason(errno));
  } catch (...) {
    // Half a line would be the beginning of the next one. Where even that fails the first error says why.
    if (before >= 0) static_cast<void>(::ftruncate(descriptor_, before) == 0);
    throw;
  }
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string fingerprint(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hex16(hash);
}

}  // namespace selfreward
