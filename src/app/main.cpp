// selfreward: Self-Rewarding Language Models in one program. The loop is src/recipe/self_reward_loop.cpp.
#include <cstdio>

#include "app/commands.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/terminal.h"
#include "model/kernels/cpu_features.h"

using namespace selfreward;

namespace {

constexpr const char* kDescription =
    "Self-Rewarding Language Models (arXiv 2401.10020): a model trains on its own judgements, M0 -> M1 -> M2 -> M3.";

void add_commands(Command app) {
  app.require_command();
  add_run(app);
  add_sft(app);
  add_prompts(app);
  add_generate(app);
  add_judge(app);
  add_pairs(app);
  add_eft(app);
  add_label(app);
  add_dpo(app);
  add_evaluate(app);
  add_report(app);
  add_top(app);
  add_chat(app);
  add_serve(app);
  add_import(app);
  add_merge(app);
  add_export(app);
  add_inspect(app);
  add_env(app);
  add_config_schema(app);
  add_playground(app);
  add_completion(app);
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* missing = missing_instructions()) {
    std::fprintf(
        stderr,
        "error: this processor has no %s; selfreward needs AVX2, FMA and BMI2 (x86-64-v3: Intel since "
        "Haswell, AMD since Zen), or an arm64 processor\n",
        missing);
    return 1;
  }
  install_interrupt_handlers();
  try {
    const int code = run_command_line(kDescription, version_text, add_commands, argc, argv);
    finish_standard_output();
    return code;
  } catch (const Interrupted& stop) {
    std::fprintf(stderr, "\n%s\n", stop.what());
    return interrupted_exit_code();
  } catch (const std::exception& error) {
    // LibTorch appends a stack trace to its messages; the first line says what happened.
    const std::string text = error.what();
    std::fprintf(stderr, "error: %s\n", text.substr(0, text.find("\nException raised from")).c_str());
    return 1;
  }
}
