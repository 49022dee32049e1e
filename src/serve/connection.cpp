#include "serve/connection.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

namespace selfreward {
namespace {

/// "127.0.0.1" and 8000, by getpeername or getsockname.
template <typename GetName>
std::optional<std::pair<std::string, int>> address_of(int socket, GetName get_name) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (get_name(socket, plain, &size) != 0) return std::nullopt;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  constexpr int kNumbers = NI_NUMERICHOST | NI_NUMERICSERV;
  if (::getnameinfo(plain, size, host, sizeof host, port, sizeof port, kNumbers) != 0) return std::nullopt;
  return std::pair(std::string(host), std::atoi(port));
}

}  // namespace

Connection::Connection(const std::string& remote_address, int remote_port, int local_port) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const int socket = std::atoi(entry.path().filename().c_str());
    const auto remote = address_of(socket, ::getpeername);
    if (!remote || *remote != std::pair(remote_address, remote_port)) continue;
    const auto local = address_of(socket, ::getsockname);
    if (local && local->second == local_port) socket_ = socket;
  }
}

bool Connection::closed() const {
  if (socket_ < 0) return false;
  char byte;
  const auto count = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  const bool nothing_yet = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return count <= 0 && !nothing_yet;
}

void Connection::linger(std::chrono::milliseconds most) const {
  if (socket_ < 0) return;
  ::shutdown(socket_, SHUT_WR);
  const auto end = std::chrono::steady_clock::now() + most;
  char bytes[1 << 16];
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd socket{socket_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&socket, 1, static_cast<int>(left.count())) <= 0) return;
    if (::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace selfreward
