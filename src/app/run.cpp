#include <cstdio>

#include "app/commands.h"
#include "plan/dry_run.h"
#include "recipe/self_reward_loop.h"
#include "report/report.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::string run_dir;
  bool dry_run = false, overwrite = false;
};

void run(const Options& options) {
  std::vector<std::string> overrides = options.config.overrides;
  if (!options.run_dir.empty())
    overrides.push_back(options.config.as_setting("--run-dir", "run_dir", options.run_dir));
  RunConfig config = load_config(options.config.file, overrides);
  validate_whole_run(config);
  const RunPaths paths(config);
  check(!fs::exists(paths.evaluation()) || paths.has_run(), "[run] ", config.run_dir,
        " holds what `evaluate` wrote; name another --run-dir, so that its files stay");
  settle_date(config, paths.settings(), /*overwrite=*/false);
  if (options.dry_run) {
    std::printf("%s", dry_run(config, options.overwrite).c_str());
    return;
  }
  RunDirectory directory(config);
  const auto start = std::chrono::steady_clock::now();
  self_reward_loop(config, directory, options.overwrite);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("\n%s\n%s   report: %s\n", result_table(directory.root()).c_str(),
              format_duration(seconds).c_str(), fs::absolute(directory.report()).c_str());
}

}  // namespace

void add_run(Command app) {
  auto options = std::make_shared<Options>();
  Command command =
      app.add_command("run",
                      "the whole loop, M0 -> M1 -> M2 -> M3, with evaluation and report; the same "
                      "command goes on with a run that was stopped");
  command
      .add_option("CONFIG,--config", options->config.file,
                  "YAML file with the settings, as configs/playground.yaml")
      .required()
      .existing_or_shipped("configs");
  options->config.add_set_to(command);
  command.add_option("--run-dir", options->run_dir, "where the run is kept (setting run_dir)")
      .type_name("DIR");
  command.add_flag("--overwrite", options->overwrite,
                   "make again what was made from other data, models or settings, and all that follows");
  command.add_flag("--dry-run", options->dry_run,
                   "only print settings, data, work, memory estimates and the first examples");
  command.callback([options] { run(*options); });
}

}  // namespace selfreward
