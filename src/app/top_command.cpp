// top: a run on one screen, live.
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "app/commands.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/terminal.h"
#include "base/text_util.h"
#include "report/run_view.h"

namespace selfreward {
namespace {

/// The terminal's other screen; the first one comes back with all that stood there.
class Screen {
 public:
  Screen() { std::printf("\033[?1049h\033[?25l"); }
  ~Screen() {
    std::printf("\033[?25h\033[?1049l");
    std::fflush(stdout);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void draw(const std::string& text) {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    const std::string shown = clipped_to(text, known ? size.ws_col : 80, known ? size.ws_row : 24);
    std::printf("\033[H%s\033[K\033[J", replace_all(shown, "\n", "\033[K\r\n").c_str());
    std::fflush(stdout);
  }
};

std::string view_now(const fs::path& run_dir) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return run_view(run_dir, now.count());
}

void show_live(const fs::path& run_dir) {
  Screen screen;
  try {
    while (true) {
      screen.draw(view_now(run_dir) + "\nCtrl-C ends this view; the run goes on.\n");
      for (int i = 0; i < 10; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        throw_if_interrupted();
      }
    }
  } catch (const Interrupted&) {  // how one leaves
  }
}

}  // namespace

void add_top(Command app) {
  auto run_dir = std::make_shared<std::string>();
  auto once = std::make_shared<bool>(false);
  Command command = app.add_command(
      "top", "watch a run: stage, time left, curves, rounds, warnings; it may be under way or ended");
  command.add_option("RUN", *run_dir, "run directory").required().existing_directory();
  command.add_flag("--once", *once,
                   "print it once, as is done where the output is no terminal, and where NO_COLOR or "
                   "TERM=dumb forbid to move the cursor");
  command.callback([run_dir, once] {
    if (!*once && takes_escapes(STDOUT_FILENO)) return show_live(*run_dir);
    std::printf("%s", view_now(*run_dir).c_str());
  });
}

}  // namespace selfreward
