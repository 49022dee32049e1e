#pragma once
// Replies that were paid for, kept on the disk: one JSON line {"key", "url", "request", "reply"} each. A
// stopped evaluation asks only for what is not here.
#include <map>
#include <optional>

#include "base/json.h"

namespace selfreward {

class EndpointCache {
 public:
  /// Reads the file, or begins it. A last line that a killed run did not finish is cut off; any other broken
  /// line is an Error with its number. The file is locked: another process that uses it is an Error.
  explicit EndpointCache(fs::path file);
  ~EndpointCache();
  EndpointCache(const EndpointCache&) = delete;
  EndpointCache& operator=(const EndpointCache&) = delete;

  /// The reply to this very request; a request that only shares its hash is another one.
  std::optional<Json> find(const std::string& url, const Json& request) const;
  /// On the disk when this returns.
  void add(const std::string& url, const Json& request, const Json& reply);
  size_t size() const { return replies_.size(); }
  const fs::path& file() const { return file_; }

 private:
  void read();

  fs::path file_;
  int lock_ = -1;
  std::optional<AppendLog> log_;
  std::map<std::string, Json> replies_;  // by url and request as text
};

}  // namespace selfreward
