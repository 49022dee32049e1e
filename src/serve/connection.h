#pragma once
// Whether the client at the other end of a connection is still there. The HTTP library keeps its sockets to
// itself, so ours is found by the two addresses.
#include <chrono>
#include <string>

namespace selfreward {

class Connection {
 public:
  /// Of the connection from a client's address to a local port.
  Connection(const std::string& remote_address, int remote_port, int local_port);
  /// Whether the client has closed it; false where the socket was not found.
  bool closed() const;
  /// Says that nothing more will be written, and reads away what the client still sends, until it closes too
  /// or `most` has passed: closing a socket with unread bytes would tear down the answer on its way (RFC
  /// 9112, 9.6).
  void linger(std::chrono::milliseconds most) const;

 private:
  int socket_ = -1;  // belongs to the HTTP library, which keeps it open until its request is answered
};

}  // namespace selfreward
