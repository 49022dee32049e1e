// report: the page of a run, or of several runs beside each other.
#include <cstdio>

#include "app/commands.h"
#include "base/error.h"
#include "report/report.h"
#include "run/paths.h"

namespace selfreward {
namespace {

struct Options {
  std::string run_dir, out = "compare.html";
  std::vector<std::string> compared;
};

void compare(const Options& options) {
  std::vector<fs::path> runs;
  if (!options.run_dir.empty()) runs.push_back(options.run_dir);
  runs.insert(runs.end(), options.compared.begin(), options.compared.end());
  write_comparison(runs, options.out);
  for (const fs::path& run : runs) std::printf("%s\n%s\n", run.c_str(), result_table(run).c_str());
  std::printf("comparison: %s\n", fs::absolute(options.out).c_str());
}

void run_report(const Options& options) {
  if (!options.compared.empty()) return compare(options);
  check(!options.run_dir.empty(), "[report] name a run directory, or --compare RUN RUN");
  const fs::path run_dir = options.run_dir;
  write_report(run_dir);
  std::printf("%s\nreport: %s\n", result_table(run_dir).c_str(),
              fs::absolute(RunPaths(run_dir).report()).c_str());
}

}  // namespace

void add_report(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command(
      "report", "write report.html of a run again and print its table, or compare runs on one page");
  command.add_option("RUN", options->run_dir, "run directory").existing_directory();
  command.add_option("--compare", options->compared, "run directories to compare, two or more")
      .type_name("RUN");
  command.add_option("--out", options->out, "the page that --compare writes")
      .show_default()
      .type_name("FILE");
  command.callback([options] { run_report(*options); });
}

}  // namespace selfreward
