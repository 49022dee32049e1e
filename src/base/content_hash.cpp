#include "base/content_hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "base/error.h"
#include "base/format.h"

namespace selfreward {
namespace {

constexpr std::string_view kPrefix = "xxh3:";
constexpr size_t kBlock = 1 << 20;  // bytes read at once

std::string digits(const XXH128_hash_t& hash) {
  return std::string(kPrefix) + hex16(hash.high64) + hex16(hash.low64);
}

class Descriptor {
 public:
  explicit Descriptor(const fs::path& file)
      : file_(file), value_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (value_ < 0) fail_with_reason();
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  /// Bytes read; 0 at the end of the file.
  size_t read(std::vector<char>& block) const {
    ssize_t got;
    do got = ::read(value_, block.data(), block.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) fail_with_reason();
    return static_cast<size_t>(got);
  }

  /// What changes when the file's content does.
  using State = std::tuple<dev_t, ino_t, off_t, int64_t, int64_t>;
  State state() const {
    struct stat status {};
    if (::fstat(value_, &status) != 0) fail_with_reason();
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  }

 private:
  [[noreturn]] void fail_with_reason() const {
    const std::string reason = system_reason(errno);
    fail("[files] cannot read ", file_.string(), ": ", reason);
  }

  fs::path file_;
  int value_;
};

std::string hash_of(const Descriptor& file) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  std::vector<char> block(kBlock);
  while (const size_t size = file.read(block)) XXH3_128bits_update(state.get(), block.data(), size);
  return digits(XXH3_128bits_digest(state.get()));
}

void add(Json& hashes, const std::string& name, const fs::path& file) {
  std::string free = name;
  for (int i = 2; hashes.contains(free); ++i) free = str(name, " (", i, ")");
  hashes[free] = file_hash(file);
}

}  // namespace

std::vector<fs::path> files_below(const fs::path& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(dir))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string content_hash(std::string_view bytes) {
  return digits(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string file_hash(const fs::path& file) {
  // Checkpoints of many gigabytes are an input of several stages; a process reads each of them once.
  static std::mutex mutex;
  static std::map<fs::path, std::pair<Descriptor::State, std::string>> known;
  const Descriptor descriptor(file);
  const Descriptor::State state = descriptor.state();
  const std::lock_guard lock(mutex);
  auto& [at, hash] = known[fs::absolute(file)];
  if (hash.empty() || at != state) hash = hash_of(descriptor), at = state;
  return hash;
}

Json content_hashes(const std::vector<fs::path>& files) {
  Json hashes = Json::object();
  for (const fs::path& file : files) {
    if (!fs::is_directory(file)) add(hashes, file.filename().string(), file);
    if (fs::is_directory(file))
      for (const fs::path& below : files_below(file))
        add(hashes, below.lexically_relative(file).string(), below);
  }
  return hashes;
}

bool is_content_hash(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().starts_with(kPrefix);
}

}  // namespace selfreward
