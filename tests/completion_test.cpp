// The shell's completion, as bash and zsh use it.
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

namespace {

std::string printed_by(const std::string& shell, const std::string& script) {
  const fs::path printed = kRoot / "completion.txt", file = kRoot / "script.sh";
  write_file_atomically(file, script);
  REQUIRE(std::system((shell + " " + file.string() + " > " + printed.string() + " 2>&1").c_str()) == 0);
  return read_file(printed);
}

/// What bash offers for the words of a command line, the last of which is begun.
std::string offers(const std::string& words) {
  return printed_by("bash",
                    "source <(" SELFREWARD_PROGRAM " completion bash); COMP_WORDS=(" + words +
                        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _selfreward; echo \"${COMPREPLY[@]}\"");
}

/// The same of zsh, whose own part (what begins with the last word, where there are files) is said in lines here.
std::string zsh_offers(const std::string& words) {
  return printed_by("zsh -f",
                    "compdef() {}\n_files() { print FILES }\n"
                    "compadd() { shift; print -l -- ${(M)@:#$words[CURRENT]*} }\n"
                    "source <(" SELFREWARD_PROGRAM " completion zsh); words=(" +
                        words + "); CURRENT=$#words; _selfreward");
}

}  // namespace

TEST_CASE("bash completes commands, their options, and the commands below a command") {
  fresh();
  CHECK(offers("selfreward eval").starts_with("evaluate"));
  CHECK(offers("selfreward sft --dry").find("--dry-run") == 0);
  CHECK(offers("selfreward sft --repl") == "\n");  // an option of dpo alone
  CHECK(offers("selfreward evaluate win").starts_with("winrate"));
  CHECK(offers("selfreward evaluate winrate --pairw") == "\n");
  CHECK(offers("selfreward evaluate winrate --inst").find("--instructions") == 0);
  CHECK(selfreward_does("completion fish").code != 0);
}

TEST_CASE("zsh completes the same") {
  if (std::system("command -v zsh > /dev/null") != 0) {
    MESSAGE("skipped: there is no zsh");
    return;
  }
  fresh();
  CHECK(zsh_offers("selfreward eval") == "evaluate\nFILES\n");
  CHECK(zsh_offers("selfreward sft --dry") == "--dry-run\n");
  CHECK(zsh_offers("selfreward sft --repl") == "\n");
  CHECK(zsh_offers("selfreward evaluate win") == "winrate\nFILES\n");
  CHECK(zsh_offers("selfreward evaluate winrate --inst") == "--instructions\n");
}

TEST_CASE("the version says what it was built from and what it runs on") {
  fresh();
  const Result version = selfreward_does("--version");
  CHECK(version.code == 0);
  CHECK(version.says("selfreward "));
  CHECK(version.says("LibTorch "));
  CHECK(version.says("kernels "));
}
