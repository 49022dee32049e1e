#include "app/chat_terminal.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/interrupt.h"

namespace selfreward {

std::optional<std::string> ChatTerminal::ask() {
  for (const char* hint : {"\n(Ctrl-C once more, /quit or Ctrl-D ends)\n", ""}) {
    std::printf("> ");
    std::fflush(stdout);
    auto line = next_line();
    if (line || !take_interrupt()) return line;
    std::printf("%s", hint);
  }
  return std::nullopt;
}

/// Absent at the end of the input, and where the user asks to stop.
std::optional<std::string> ChatTerminal::next_line() {
  size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    if (!wait_for_input(STDIN_FILENO)) return std::nullopt;
    char bytes[4096];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0 && unread_.empty()) return std::nullopt;
    if (count <= 0) return std::exchange(unread_, "");
    unread_.append(bytes, static_cast<size_t>(count));
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

}  // namespace selfreward
