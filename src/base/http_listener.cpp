#include "base/http_listener.h"

#include <httplib.h>

namespace selfreward {
namespace {

/// The library's own choice would let two servers share a port.
void set_socket_options(int socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

int bind_alone(httplib::Server& server, const std::string& host, int port) {
  server.set_socket_options(set_socket_options);
  if (port == 0) return server.bind_to_any_port(host);
  return server.bind_to_port(host, port) ? port : -1;
}

std::thread start_listening(httplib::Server& server) {
  std::thread listener([&server] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  return listener;
}

}  // namespace selfreward
