#pragma once
// What a chat reads from the terminal, or from a pipe: the user's lines and Ctrl-C.
#include <optional>
#include <string>

namespace selfreward {

class ChatTerminal {
 public:
  /// Asks for what the user says next; absent where they leave: by Ctrl-D, or by Ctrl-C twice in a row.
  std::optional<std::string> ask();

 private:
  std::optional<std::string> next_line();

  std::string unread_;  // bytes behind the newest line
};

}  // namespace selfreward
