#pragma once
// Commands and their options. CLI11 is behind it: each file that read its headers would compile all of it again.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace selfreward {

/// A handle of an option; each call says one more thing about it.
class CommandOption {
 public:
  explicit CommandOption(CLI::Option& option) : option_(&option) {}

  CommandOption required() const;
  /// What --help calls its value.
  CommandOption type_name(const std::string& name) const;
  /// --help shows what it is where nobody sets it.
  CommandOption show_default() const;
  CommandOption existing_file() const;
  CommandOption existing_directory() const;
  CommandOption existing_path() const;
  /// A file, also one that comes with the program: in its folder `folder` a name is enough.
  CommandOption existing_or_shipped(const std::string& folder) const;
  CommandOption positive() const;
  CommandOption not_negative() const;
  CommandOption between(double least, double most) const;
  CommandOption between(int64_t least, int64_t most) const;
  CommandOption one_of(const std::vector<std::string>& values) const;
  CommandOption comma_separated() const;
  /// A list of which every value has the option's name before it: what follows is not another one.
  CommandOption one_at_a_time() const;
  CommandOption excludes(const std::string& other) const;

 private:
  CLI::Option* option_;
};

/// A handle of a command, or of the whole program.
class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  Command add_command(const std::string& name, const std::string& help) const;
  /// `names`: "--model", or "MODELS" for what stands without a name, or both with a comma between. `value`
  /// outlives the command: a string, an integer, a number or a list of strings.
  template <typename T>
  CommandOption add_option(const std::string& names, T& value, const std::string& help) const;
  void add_flag(const std::string& name, bool& value, const std::string& help) const;
  /// Below the options in --help.
  void footer(const std::string& text) const;
  /// One of its subcommands has to be given.
  void require_command() const;
  /// It may run by itself, or one of its subcommands does.
  void allow_command() const;
  void callback(std::function<void()> run) const;
  /// Whether the command line names one of its subcommands.
  bool has_command() const;
  /// Ends the command as one without this option ends.
  [[noreturn]] void miss(const std::string& option) const;

  std::string name() const;
  std::vector<Command> commands() const;
  /// "--model" and all others.
  std::vector<std::string> option_names() const;

 private:
  CLI::App* app_;
};

/// Adds commands to a program of this description, reads the command line and runs the command; the exit code,
/// also of --help and of a wrong command line. Errors of the command pass through.
int run_command_line(const std::string& description, const std::function<std::string()>& version,
                     const std::function<void(Command)>& add_commands, int argc, char** argv);

}  // namespace selfreward
