#include "app/command_line.h"

#include <CLI/CLI.hpp>

#include "base/shipped_files.h"

namespace selfreward {

CommandOption CommandOption::required() const {
  option_->required();
  return *this;
}

CommandOption CommandOption::type_name(const std::string& name) const {
  const auto objection = [](std::string& value) {
    return std::string(value.empty() ? "is an empty text" : "");
  };
  option_->type_name(name)->check(CLI::Validator(objection, "", ""));
  return *this;
}

CommandOption CommandOption::show_default() const {
  option_->capture_default_str();
  return *this;
}

CommandOption CommandOption::existing_file() const {
  option_->check(CLI::ExistingFile);
  return *this;
}

CommandOption CommandOption::existing_directory() const {
  option_->check(CLI::ExistingDirectory);
  return *this;
}

CommandOption CommandOption::existing_path() const {
  option_->check(CLI::ExistingPath);
  return *this;
}

CommandOption CommandOption::existing_or_shipped(const std::string& folder) const {
  const auto find = [folder](std::string& path) {
    path = or_shipped(path, folder);
    return CLI::ExistingFile(path);
  };
  option_->transform(CLI::Validator(find, "FILE", ""));
  return *this;
}

CommandOption CommandOption::positive() const {
  option_->check(CLI::PositiveNumber);
  return *this;
}

CommandOption CommandOption::not_negative() const {
  option_->check(CLI::NonNegativeNumber);
  return *this;
}

CommandOption CommandOption::between(double least, double most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption CommandOption::between(int64_t least, int64_t most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption CommandOption::one_of(const std::vector<std::string>& values) const {
  option_->check(CLI::IsMember(values));
  return *this;
}

CommandOption CommandOption::comma_separated() const {
  option_->delimiter(',');
  return *this;
}

CommandOption CommandOption::one_at_a_time() const {
  option_->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

CommandOption CommandOption::excludes(const std::string& other) const {
  option_->excludes(other);
  return *this;
}

Command Command::add_command(const std::string& name, const std::string& help) const {
  return Command(*app_->add_subcommand(name, help));
}

template <typename T>
CommandOption Command::add_option(const std::string& names, T& value, const std::string& help) const {
  return CommandOption(*app_->add_option(names, value, help));
}

template CommandOption Command::add_option(const std::string&, std::string&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, int&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, int64_t&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, uint64_t&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, double&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::vector<std::string>&,
                                           const std::string&) const;

void Command::add_flag(const std::string& name, bool& value, const std::string& help) const {
  app_->add_flag(name, value, help);
}

void Command::footer(const std::string& text) const {
  app_->footer(text);
}

void Command::require_command() const {
  app_->require_subcommand(1);
}

void Command::allow_command() const {
  app_->require_subcommand(0, 1);
}

void Command::callback(std::function<void()> run) const {
  app_->callback(std::move(run));
}

bool Command::has_command() const {
  return !app_->get_subcommands().empty();
}

void Command::miss(const std::string& option) const {
  throw CLI::RequiredError(option);
}

std::string Command::name() const {
  return app_->get_name();
}

std::vector<Command> Command::commands() const {
  std::vector<Command> commands;
  for (CLI::App* app : app_->get_subcommands([](CLI::App*) { return true; })) commands.emplace_back(*app);
  return commands;
}

std::vector<std::string> Command::option_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

int run_command_line(const std::string& description, const std::function<std::string()>& version,
                     const std::function<void(Command)>& add_commands, int argc, char** argv) {
  CLI::App app(description);
  app.get_formatter()->column_width(34);
  app.set_version_flag("--version", version);
  add_commands(Command(app));
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}

}  // namespace selfreward
