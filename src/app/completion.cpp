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

/// A case of the shell for every command: "evaluate winrate" -> its words. `list` is how the shell writes them.
void add_cases(const Command& command, const std::string& path, const std::string& list, std::string& cases) {
  cases += "    \"" + path + "\") " + replace_all(list, "WORDS", words_after(command)) + " ;;\n";
  for (const Command& sub : command.commands())
    add_cases(sub, path.empty() ? sub.name() : path + " " + sub.name(), list, cases);
}

/// The names of all commands, so that the shell tells them from values.
void add_names(const Command& command, std::string& names) {
  for (const Command& sub : command.commands()) {
    names += " " + sub.name();
    add_names(sub, names);
  }
}

constexpr const char* kBash =
    R"sh(# bash completion of selfreward; load it with: source <(selfreward completion bash)
_selfreward() {
  local words= path= word current=${COMP_WORDS[COMP_CWORD]}
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ " NAMES " == *" $word "* ]] && path="${path:+$path }$word"
  done
  case $path in
CASES  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  [[ $current == -* ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current")
}
complete -o filenames -F _selfreward selfreward
)sh";

// `path` and `words` are zsh's own: where commands lie, and the command line.
constexpr const char* kZsh =
    R"sh(# zsh completion of selfreward; load it with: source <(selfreward completion zsh)
_selfreward() {
  local place= word
  local -a choices
  for word in "${(@)words[2,CURRENT-1]}"; do
    [[ " NAMES " == *" $word "* ]] && place="${place:+$place }$word"
  done
  case $place in
CASES  esac
  compadd -- $choices
  [[ $words[CURRENT] == -* ]] || _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _selfreward selfreward
)sh";

std::string script(const Command& app, const std::string& text, const std::string& list) {
  std::string cases, names;
  add_cases(app, "", list, cases);
  add_names(app, names);
  return replace_all(replace_all(text, "NAMES", strip(names)), "CASES", cases);
}

}  // namespace

void add_completion(Command app) {
  auto shell = std::make_shared<std::string>();
  Command command =
      app.add_command("completion", "a script for the shell that completes commands and options");
  command.add_option("SHELL", *shell, "bash or zsh").required().one_of({"bash", "zsh"});
  command.callback([shell, app] {
    std::cout << (*shell == "zsh" ? script(app, kZsh, "choices=(WORDS)")
                                  : script(app, kBash, "words=\"WORDS\""))
              << std::flush;
  });
}

}  // namespace selfreward
