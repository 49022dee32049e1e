#pragma once
// The subcommands: each adds itself to the command line and runs by calling the same functions as the loop.
#include "app/command_line.h"
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

  void add_to(Command command);
  /// --set alone, of a command that asks for its file in another way.
  void add_set_to(Command command);
  /// The file may be that of a whole run, of which a command reads its part. A --set of what it does not read
  /// is an Error.
  RunConfig load(const CommandSettings& settings) const;
  void check_read(const CommandSettings& settings) const;
  /// "key=value" of an option that is a setting under a shorter name. An Error where --set names the key too.
  std::string as_setting(const std::string& option, const std::string& key, const std::string& value) const;
};

/// --overwrite of a command whose output is taken up by the next call.
void add_overwrite(Command command, bool& overwrite);

void add_run(Command app);
void add_sft(Command app);
void add_prompts(Command app);
void add_generate(Command app);
void add_judge(Command app);
void add_pairs(Command app);
void add_eft(Command app);
void add_label(Command app);
void add_dpo(Command app);
void add_evaluate(Command app);
void add_winrate(Command evaluate);
void add_alpaca(Command evaluate);
void add_leaderboard(Command evaluate);
void add_mt_bench(Command evaluate);
void add_ifeval(Command evaluate);
void add_evaluate_reward(Command evaluate);
void add_report(Command app);
void add_top(Command app);
void add_chat(Command app);
void add_serve(Command app);
void add_import(Command app);
void add_merge(Command app);
void add_export(Command app);
void add_inspect(Command app);
void add_inspect_data(Command inspect);
void add_env(Command app);
/// "selfreward 0.1.0 (6d70f0c), LibTorch 2.13.0, kernels AVX-512 with AMX".
std::string version_text();
void add_config_schema(Command app);
void add_playground(Command app);
void add_completion(Command app);

}  // namespace selfreward
