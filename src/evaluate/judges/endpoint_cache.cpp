#include "evaluate/judges/endpoint_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace selfreward {
namespace {

std::string address(const std::string& url, const Json& request) {
  return url + "\n" + request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_entry(const Json& json) {
  return json.is_object() && json.contains("url") && json.at("url").is_string() && json.contains("request") &&
         json.contains("reply");
}

}  // namespace

EndpointCache::EndpointCache(fs::path file) : file_(std::move(file)) {
  if (file_.has_parent_path()) make_directories(file_.parent_path());
  lock_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  check(lock_ >= 0, "[endpoint] cannot open the cache ", file_.string(), "; is its directory writable?");
  try {
    check(::flock(lock_, LOCK_EX | LOCK_NB) == 0, "[endpoint] another process uses the cache ",
          file_.string(), "; wait for it or name another --out");
    read();
    log_.emplace(file_);
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

EndpointCache::~EndpointCache() {
  ::close(lock_);
}

void EndpointCache::read() {
  const std::string text = read_file(file_);
  size_t begin = 0;
  for (int64_t number = 1; begin < text.size(); ++number) {
    const size_t end = text.find('\n', begin);
    const bool is_last = end == std::string::npos || end + 1 == text.size();
    const Json entry = Json::parse(text.substr(begin, end - begin), nullptr, /*allow_exceptions=*/false);
    if (end == std::string::npos || !is_entry(entry)) {
      check(is_last, "[endpoint] ", file_.string(), ", line ", number,
            " is no reply of an endpoint; remove the line, or the file to ask everything again");
      break;
    }
    replies_[address(entry.at("url").get<std::string>(), entry.at("request"))] = entry.at("reply");
    begin = end + 1;
  }
  if (begin < text.size())
    check(::ftruncate(lock_, static_cast<off_t>(begin)) == 0, "[endpoint] cannot mend ", file_.string());
}

std::optional<Json> EndpointCache::find(const std::string& url, const Json& request) const {
  const auto found = replies_.find(address(url, request));
  if (found == replies_.end()) return std::nullopt;
  return found->second;
}

void EndpointCache::add(const std::string& url, const Json& request, const Json& reply) {
  const std::string text = address(url, request);
  log_->append(to_line({{"key", fingerprint(text)}, {"url", url}, {"request", request}, {"reply", reply}}));
  replies_[text] = reply;
}

}  // namespace selfreward
