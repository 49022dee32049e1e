#include "base/interrupt.h"

#include <poll.h>

#include <csignal>

#include "base/error.h"

namespace selfreward {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

extern "C" void request_stop(int signal) {
  stop_requested = signal;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void install_interrupt_handlers() {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
}

bool stop_is_requested() {
  return stop_requested != 0;
}

int interrupted_exit_code() {
  return 128 + stop_requested;
}

void throw_if_interrupted() {
  if (stop_is_requested()) throw Interrupted();
}

bool take_interrupt() {
  if (stop_requested != SIGINT) return false;
  stop_requested = 0;
  std::signal(SIGINT, request_stop);
  return true;
}

bool wait_for_input(int descriptor) {
  constexpr int kLook = 100;  // ms between two looks at the flag: a signal may come just before the wait
  pollfd input{descriptor, POLLIN, 0};
  while (!stop_is_requested())
    if (::poll(&input, 1, kLook) > 0) return true;
  return false;
}

}  // namespace selfreward
