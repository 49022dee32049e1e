#include "base/output.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/content_hash.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

std::string shown(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string difference(const std::string& key, const Json& before, const Json& now) {
  if (is_content_hash(before) && is_content_hash(now)) return key + " has another content";
  const auto text = [](const Json& value) {
    return is_content_hash(value) || value.is_object() ? "there" : shown(value);
  };
  if (now.is_null()) return str(key, " was ", text(before), " and is not there now");
  if (before.is_null()) return str(key, " is ", text(now), " and was not there then");
  return str(key, " was ", shown(before), " and is ", shown(now));
}

void add_differences(const std::string& key, const Json& before, const Json& now,
                     std::vector<std::string>& found) {
  if (before == now) return;
  if (!before.is_object() || !now.is_object()) return found.push_back(difference(key, before, now));
  const size_t known = found.size();
  const auto below = [&](const std::string& name) { return key.empty() ? name : key + ": " + name; };
  for (const auto& [name, value] : now.items())
    if (!value.is_null() || !before.contains(name))
      add_differences(below(name), before.value(name, Json()), value, found);
  for (const auto& [name, value] : before.items())
    if (!now.contains(name)) add_differences(below(name), value, Json(), found);
  const bool are_files = !now.empty() && is_content_hash(now.front());
  if (found.size() == known && are_files) found.push_back("the files of " + key + " come in another order");
}

std::vector<fs::path> without_links(const std::vector<fs::path>& paths) {
  std::vector<fs::path> real;
  for (const fs::path& path : paths) real.push_back(fs::weakly_canonical(fs::absolute(path)));
  return real;
}

/// To make such an output would first remove what it is made from.
void check_is_no_input(const Output& output) {
  const auto sources = without_links(output.sources), paths = without_links(output.paths);
  for (size_t source = 0; source < sources.size(); ++source)
    for (size_t path = 0; path < paths.size(); ++path)
      check(!is_within(sources[source], paths[path]), "[inputs] ", output.name, " is to be made from ",
            output.sources[source].string(), ", which is or lies in ", output.paths[path].string(),
            " itself; name another output");
}

/// The locks of this process, by their files' full names.
std::set<fs::path>& own_locks() {
  static std::set<fs::path> locks;
  return locks;
}

/// A directory that another process has for itself, `path`/.lock, is locked with all that lies in it.
void check_free_around(const fs::path& lock_file) {
  const fs::path inner = lock_file.filename() == ".lock" ? lock_file.parent_path() : lock_file;
  for (fs::path dir = inner.parent_path(); dir != dir.parent_path(); dir = dir.parent_path()) {
    const fs::path lock = dir / ".lock";
    if (own_locks().count(lock) > 0 || !fs::exists(lock)) continue;
    const int descriptor = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) continue;  // removed meanwhile, or another user's
    const bool is_free = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
    ::close(descriptor);
    check(is_free, "[files] another process is at work in ", dir.string(), " (", lock.string(), "), where ",
          inner.string(), " lies");
  }
}

/// Whether `descriptor` is the file at `path`: its last owner may have removed it meanwhile.
bool is_file_at(int descriptor, const fs::path& path) {
  struct stat ours {
  }, there{};
  return ::fstat(descriptor, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

}  // namespace

bool is_begun(const Output& output) {
  return std::any_of(output.paths.begin(), output.paths.end(), [&](const fs::path& path) {
    if (!fs::exists(fs::symlink_status(path))) return false;
    const bool may_be_empty =
        path == output.paths.front() && fs::is_regular_file(path);  // a file of no records
    return may_be_empty || !fs::exists(path) || !fs::is_empty(path);
  });
}

std::vector<std::string> differences(const Output& output) {
  check_is_no_input(output);
  if (!is_begun(output)) return {};
  if (!fs::exists(output.record))
    return {str("there is no ", output.record.string(), " that says what it was made from")};
  const Json before = Json::parse(read_file(output.record), nullptr, /*allow_exceptions=*/false);
  if (!before.is_object()) return {output.record.string() + " is no JSON object"};
  std::vector<std::string> found;
  add_differences("", before, output.inputs, found);
  return found;
}

void remove_output(const Output& output) {
  const auto aside = [](const fs::path& path) { return fs::path(path.string() + ".removed"); };
  for (const fs::path& path : output.paths) {
    fs::remove_all(aside(path));
    if (fs::exists(fs::symlink_status(path))) fs::rename(path, aside(path));
  }
  fs::remove(output.record);
  for (const fs::path& path : output.paths) fs::remove_all(aside(path));
}

void take_up(const Output& output, bool overwrite, const std::string& remedy) {
  if (const auto found = differences(output); !found.empty()) {
    check(overwrite, "[inputs] ", output.name, " was made from something else: ", joined(found, "; "), ". ",
          remedy);
    remove_output(output);
  }
  write_file_atomically(output.record, output.inputs.dump(2) + "\n");
}

OutputLock::OutputLock(const fs::path& path)
    : file_(fs::weakly_canonical(fs::absolute(path.string() + ".lock"))) {
  check_can_be_made(file_);
  check_free_around(file_);
  make_directories(file_.parent_path());
  do {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    const std::string reason = system_reason(errno);
    check(descriptor_ >= 0, "[files] cannot create ", file_.string(), ": ", reason);
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(descriptor_);
      fail("[files] another process is at work on ", path.string(), " (", file_.string(), ")");
    }
  } while (!is_file_at(descriptor_, file_));
  own_locks().insert(file_);
}

OutputLock::~OutputLock() {
  own_locks().erase(file_);
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace selfreward
