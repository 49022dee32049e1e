// merge (LoRA adapter + base model -> checkpoint).
#include <cstdio>

#include "app/commands.h"
#include "model/files/checkpoint_files.h"
#include "model/policy/policy.h"

namespace selfreward {

void add_merge(Command app) {
  struct Options {
    std::string adapter, out, save_dtype = "auto";
  };
  auto options = std::make_shared<Options>();
  Command command = app.add_command(
      "merge", "add a LoRA adapter to the weights of its base model, in float32, as a checkpoint of its own");
  command.add_option("ADAPTER", options->adapter, "directory with adapter_config.json").required();
  command.add_option("OUT", options->out, "directory to write").required().type_name("DIR");
  command.add_option("--save-dtype", options->save_dtype, "auto (as the base model), float32 or bfloat16")
      .show_default();
  command.callback([options] {
    check_replaceable(options->out);
    check_nothing_else_is_lost(options->out);
    merge_adapter(options->adapter, options->out, options->save_dtype);
    std::printf("wrote %s\n", options->out.c_str());
  });
}

}  // namespace selfreward
