#include "base/interrupt.h"

#include <csignal>

#include "base/error.h"

namespace selfreward {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

extern "C" void request_stop(int signal) {
  stop_requested = 1;
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

void throw_if_interrupted() {
  if (stop_is_requested()) throw Interrupted();
}

}  // namespace selfreward
