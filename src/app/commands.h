#pragma once
// The subcommands: each adds itself to the command line and runs by calling the same functions as the loop.
#include <CLI/CLI.hpp>

#include "config/template_day.h"

namespace selfreward {

/// The settings that a command reads: those whose keys begin with one of `reads`, without `but`.
struct CommandSettings {
  std::string command;
  std::vector<std::string> reads, but = {};

  bool has(const std::string& key) const;
};

/// --config FILE and --set key=value, which every command that has settings takes.
struct ConfigOptions {
  std::string file;
  std::vector<std::string> overrides;

  void add_to(CLI::App& command);
  /// The file may be that of a whole run, of which a command reads its part. A --set of what it does not read
  /// is an Error.
  RunConfig load(const CommandSettings& settings) const;
  void check_read(const CommandSettings& settings) const;
  /// "key=value" of an option that is a setting under a shorter name. An Error where --set names the key too.
  std::string as_setting(const std::string& option, const std::string& key, const std::string& value) const;
};

/// A file, also one that comes with the program: in its folder `folder` a name is enough.
CLI::Validator existing_or_shipped(const std::string& folder);

/// --overwrite of a command whose output is taken up by the next call.
void add_overwrite(CLI::App& command, bool& overwrite);

void add_run(CLI::App& app);
void add_sft(CLI::App& app);
void add_prompts(CLI::App& app);
void add_generate(CLI::App& app);
void add_judge(CLI::App& app);
void add_pairs(CLI::App& app);
void add_dpo(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_winrate(CLI::App& evaluate);
void add_alpaca(CLI::App& evaluate);
void add_leaderboard(CLI::App& evaluate);
void add_mt_bench(CLI::App& evaluate);
void add_evaluate_reward(CLI::App& evaluate);
void add_report(CLI::App& app);
void add_top(CLI::App& app);
void add_chat(CLI::App& app);
void add_serve(CLI::App& app);
void add_import(CLI::App& app);
void add_merge(CLI::App& app);
void add_export(CLI::App& app);
void add_inspect(CLI::App& app);
void add_inspect_data(CLI::App& inspect);
void add_env(CLI::App& app);
/// "selfreward 0.1.0 (6d70f0c), LibTorch 2.13.0, kernels AVX-512 with AMX".
std::string version_text();
void add_config_schema(CLI::App& app);
void add_playground(CLI::App& app);
void add_completion(CLI::App& app);

}  // namespace selfreward
