#pragma once
// The socket of a server of this program (`serve`, `label`). A library of its own, as most of the program needs no HTTP.
#include <string>
#include <thread>

namespace httplib {
class Server;
}

namespace selfreward {

/// Binds `port` of `host`, 0: any that is free, for this server alone. Returns the port, or -1 where it cannot.
int bind_alone(httplib::Server& server, const std::string& host, int port);

/// Answers at what is bound, on a thread that ends behind server.stop(). Returns when stop() would have an effect.
std::thread start_listening(httplib::Server& server);

}  // namespace selfreward
