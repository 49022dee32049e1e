// What commands write to standard output, where it is full, closed early, or a terminal.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "base/files.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::string kInspect = "inspect --model " SELFREWARD_SOURCE_DIR "/tests/fixtures/tiny_llama --user hi";

/// The exit code of a shell's line, in which PROGRAM is the program; what it writes is in `out` and `err`.
struct Ended {
  int code;
  std::string out, err;
};

Ended run(std::string line) {
  for (size_t at; (at = line.find("PROGRAM")) != std::string::npos;) line.replace(at, 7, SELFREWARD_PROGRAM);
  const std::string out = scratch("out.txt"), err = scratch("err.txt");
  const int status = std::system(("{ " + line + "; } > " + out + " 2> " + err).c_str());
  return {WEXITSTATUS(status), read_file(out), read_file(err)};
}

}  // namespace

TEST_CASE("inspect shows an adapter's text as that of its base") {
  const std::string fixtures = SELFREWARD_SOURCE_DIR "/tests/fixtures/";
  const Ended adapter = run("PROGRAM inspect --model " + fixtures + "lora --user hi");
  CHECK_MESSAGE(adapter.code == 0, adapter.err);
  CHECK(adapter.out == run("PROGRAM " + kInspect).out);
}

TEST_CASE("output that finds no room is an error that says so, for short and long output, help too") {
  for (const std::string& command :
       {std::string("config-schema"), std::string("env"), kInspect, std::string("--help")}) {
    CAPTURE(command);
    const Ended ended = run("PROGRAM " + command + " > /dev/full");
    CHECK(ended.code == 1);
    CHECK(ended.err == "error: cannot write to standard output: No space left on device\n");
    CHECK(run("PROGRAM " + command).code == 0);
  }
}

TEST_CASE("a reader that has seen enough ends the program without a word") {
  const Ended ended = run("PROGRAM config-schema | head -c 10");
  CHECK(ended.out.size() == 10);
  CHECK(ended.err.empty());
}

TEST_CASE("on a terminal NO_COLOR and TERM=dumb keep escape sequences away") {
  if (std::system("script --version > /dev/null 2>&1") != 0) {
    MESSAGE("skipped: there is no program `script`, which gives a terminal");
    return;
  }
  const auto has_escapes = [](const std::string& environment) {
    const Ended ended = run("env -u NO_COLOR TERM=xterm " + environment + " script -qec \"PROGRAM " +
                            kInspect + "\" /dev/null");
    CHECK(ended.out.find("tokens") != std::string::npos);
    return ended.out.find('\033') != std::string::npos;
  };
  CHECK(has_escapes(""));
  CHECK(has_escapes("NO_COLOR="));
  CHECK(!has_escapes("NO_COLOR=1"));
  CHECK(!has_escapes("TERM=dumb"));
}
