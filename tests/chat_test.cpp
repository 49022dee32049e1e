// `chat` as a person uses it: in a terminal, with Ctrl-C and Ctrl-D, and at the end of a pipe.
#include <doctest/doctest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

constexpr const char* kCtrlC = "\x03";
constexpr const char* kCtrlD = "\x04";

/// Sets the first `rows` rows of a float32 matrix in a safetensors file to zero.
void clear_rows(const fs::path& path, const std::string& matrix, size_t rows) {
  std::string bytes = read_file(path);
  uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  const Json entry = parse_json(bytes.substr(sizeof header_size, header_size), path.string())[matrix];
  const size_t begin = sizeof header_size + header_size + entry["data_offsets"][0].get<size_t>();
  const size_t size = rows * entry["shape"][1].get<size_t>() * sizeof(float);
  bytes.replace(begin, size, size, '\0');
  write_file_atomically(path, bytes);
}

/// The tiny model with a long context, whose greedy answers never end: a special token, of logit 0, is never
/// the most probable one.
fs::path endless_model() {
  const fs::path dir = scratch_dir("endless");
  fs::copy(kTinyLlama, dir);
  Json config = read_json(dir / "config.json");
  config["max_position_embeddings"] = 60000;
  write_file_atomically(dir / "config.json", config.dump());
  clear_rows(dir / "model.safetensors", "lm_head.weight", /*rows=*/3);
  return dir;
}

/// The program in a terminal of its own.
class Terminal {
 public:
  Terminal(const fs::path& model, const std::vector<std::string>& options) {
    std::vector<std::string> words = {SELFREWARD_PROGRAM, "chat", "--device", "cpu", "--model", model};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    child_ = forkpty(&descriptor_, nullptr, nullptr, nullptr);
    REQUIRE(child_ >= 0);
    if (child_ > 0) return;
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  ~Terminal() {
    if (child_ > 0) kill(child_, SIGKILL), waitpid(child_, nullptr, 0);
    close(descriptor_);
  }

  void type(const std::string& text) {
    REQUIRE(write(descriptor_, text.data(), text.size()) == std::ssize(text));
  }

  /// What is shown up to `wanted`, which must come within half a minute.
  std::string shown_until(const std::string& wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    size_t at = std::string::npos;
    while ((at = unread_.find(wanted)) == std::string::npos && std::chrono::steady_clock::now() < end)
      if (!read_more()) break;
    CAPTURE(unread_);
    REQUIRE(at != std::string::npos);
    const std::string before = unread_.substr(0, at);
    unread_.erase(0, at + wanted.size());
    return before;
  }

  int exit_status() {
    while (read_more()) {
    }
    int status = 0;
    waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  /// False where the program has ended.
  bool read_more() {
    pollfd output{descriptor_, POLLIN, 0};
    if (poll(&output, 1, /*ms=*/1000) == 0) return true;
    char bytes[4096];
    const ssize_t count = read(descriptor_, bytes, sizeof bytes);
    if (count > 0) unread_.append(bytes, static_cast<size_t>(count));
    return count > 0;
  }

  int descriptor_ = -1;
  pid_t child_ = -1;
  std::string unread_;
};

}  // namespace

TEST_CASE("Ctrl-C stops an answer, and the conversation goes on") {
  Terminal chat(endless_model(), {"--max-new-tokens", "50000", "--temperature", "0", "--dtype", "float32"});
  chat.shown_until("> ");
  for (int turn = 0; turn < 2; ++turn) {
    chat.type("hello\n");
    chat.shown_until("hello\r\n");
    usleep(200'000);
    chat.type(kCtrlC);
    chat.shown_until(" ...\r\n> ");
    chat.type("/new\n");
    chat.shown_until("/new\r\n> ");
  }
  chat.type(kCtrlD);
  CHECK(chat.exit_status() == 0);
}

TEST_CASE("Ctrl-C at the prompt drops the line and says how to leave; twice in a row leaves") {
  Terminal chat(kTinyLlama, {"--max-new-tokens", "4"});
  chat.shown_until("> ");
  chat.type("half a li");
  chat.type(kCtrlC);
  chat.shown_until("Ctrl-D ends)\r\n> ");
  chat.type("ne\n");
  chat.shown_until("\r\n> ");
  chat.type(kCtrlC);
  chat.shown_until("Ctrl-D ends)\r\n> ");
  chat.type(kCtrlC);
  CHECK(chat.exit_status() == 0);
}

TEST_CASE("a prompt of any length that fits the context is answered") {
  const fs::path dir = scratch_dir();
  std::string lines;
  for (size_t length = 1; length <= 240; length += 7) lines += std::string(length, 'z') + "\n/new\n";
  write_file_atomically(dir / "lines", lines);
  const std::string command = std::string(SELFREWARD_PROGRAM) + " chat --device cpu --model " +
                              kTinyLlama.string() + " < " + (dir / "lines").string() + " > " +
                              (dir / "answers").string() + " 2>&1";
  CHECK(std::system(command.c_str()) == 0);
}
