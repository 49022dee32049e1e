#pragma once
// The program as a person runs it: in a directory of the test's own, on the playground's model and data.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/json.h"
#include "support/scratch.h"

namespace selfreward::program {

inline const fs::path kRoot = scratch("program");
inline const std::string kM0 = SELFREWARD_SOURCE_DIR "/playground/m0",
                         kData = SELFREWARD_SOURCE_DIR "/playground/data/",
                         kRubric = SELFREWARD_SOURCE_DIR "/playground/rubric.yaml",
                         kGold = SELFREWARD_SOURCE_DIR "/playground/gold.yaml";

struct Result {
  int code = 0;
  std::string text;  // both streams
  bool says(const std::string& part) const { return text.find(part) != std::string::npos; }
};

inline std::string command_line(const std::string& arguments, const fs::path& printed) {
  return "cd " + kRoot.string() + " && exec " SELFREWARD_PROGRAM " " + arguments + " > " + printed.string() +
         " 2>&1 < /dev/null";
}

/// Runs the program in kRoot.
inline Result selfreward_does(const std::string& arguments) {
  const fs::path printed = kRoot / "printed.txt";
  const int status = std::system(command_line(arguments, printed).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(printed)};
}

/// Starts it and sends `signal` as soon as `file` has `bytes`; the exit code, -1 after SIGKILL.
inline int stopped_at(const std::string& arguments, const fs::path& file, uintmax_t bytes, int signal) {
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command_line(arguments, kRoot / "stopped.txt").c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    std::error_code none;
    const uintmax_t size = fs::file_size(file, none);
    if (!none && size >= bytes) {
      kill(child, signal);
      waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline void fresh() {
  fs::remove_all(kRoot);
  fs::create_directories(kRoot);
}

/// `count` lines of a file of the playground's data from line `first` on.
inline std::string lines_of(const std::string& name, size_t first, size_t count, const std::string& as) {
  const auto lines = read_lines(kData + name);
  std::string text;
  for (size_t i = first; i < first + count; ++i) text += lines.at(i) + "\n";
  write_file_atomically(kRoot / as, text);
  return as;
}

inline std::string sft(const std::string& data, const std::string& out, const std::string& more = "") {
  return "sft --model " + kM0 + " --data " + data + " --out " + out +
         " --set model.dtype=float32 --set sft.max_steps=6 --set sft.train_batch_size=4 " + more;
}

inline std::string generate(const std::string& prompts, const std::string& out,
                            const std::string& more = "") {
  return "generate --model " + kM0 + " --prompts " + prompts + " --out " + out +
         " --set model.dtype=float32 --set candidates.num_generations=2 "
         "--set candidates.sampling.max_new_tokens=12 " +
         more;
}

inline std::string weights(const std::string& dir) {
  return read_file(kRoot / dir / "model.safetensors");
}

/// The size of the records of a run that nobody stops.
inline uintmax_t half_of(const std::string& file) {
  return fs::file_size(kRoot / file) / 2;
}

}  // namespace selfreward::program
