// completion: a script for bash or zsh, out of the definitions of the commands themselves.
#include <iostream>

#include "app/commands.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

/// What may follow on the command line after `command`: its subcommands and its options.
std::string words_after(const Command& command) {
  std::vector<std::string> words;
  for (const Command& sub : command.commands()) words.push_back(sub.name());
  for (const std::string& option : command.option_names()) words.push_back(option);
  return joined(words, " ");
}

/// A case of the shell for every command: "evaluate winrate" -> its words.
void add_cases(const Command& command, const std::string& path, std::string& cases) {
  cases += "    \"" + path + "\") words=\"" + words_after(command) + "\" ;;\n";
  for (const Command& sub : command.commands())
    add_cases(sub, path.empty() ? sub.name() : path + " " + sub.name(), cases);
}

/// The names of all commands, so that the shell tells them from values.
void add_names(const Command& command, std::string& names) {
  for (const Command& sub : command.commands()) {
    names += " " + sub.name();
    add_names(sub, names);
  }
}

std::string bash_script(const Command& app) {
  std::string cases, names;
  add_cases(app, "", cases);
  add_names(app, names);
  return "# bash completion of selfreward; load it with: source <(selfreward completion bash)\n"
         "_selfreward() {\n"
         "  local words= path= word current=${COMP_WORDS[COMP_CWORD]}\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ \"" +
         names +
         " \" == *\" $word \"* ]] && path=\"${path:+$path }$word\"\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "  [[ $current == -* ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "
         "\"$current\")\n"
         "}\n"
         "complete -o filenames -F _selfreward selfreward\n";
}

}  // namespace

void add_completion(Command app) {
  auto shell = std::make_shared<std::string>();
  Command command =
      app.add_command("completion", "a script for the shell that completes commands and options");
  command.add_option("SHELL", *shell, "bash or zsh").required().one_of({"bash", "zsh"});
  command.callback([shell, app] {
    // zsh runs bash's completions by its own bashcompinit.
    if (*shell == "zsh") std::cout << "autoload -U +X bashcompinit && bashcompinit\n";
    std::cout << bash_script(app) << std::flush;
  });
}

}  // namespace selfreward
