// evaluate ifeval: which checkable instructions models follow.
#include <cstdio>

#include "app/commands.h"
#include "app/evaluate/model_names.h"
#include "base/paths.h"
#include "evaluate/benchmarks/ifeval_run.h"
#include "evaluate/benchmarks/model_answers.h"
#include "run/load_policy.h"
#include "run/outputs.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::vector<std::string> models;
  std::string prompts, out;
  bool overwrite = false;
};

const CommandSettings kIfeval{"evaluate ifeval",
                              {"seed", "evaluate.sampling.max_new_tokens", "generation.", "model.device",
                               "model.dtype", "model.chat_template_"}};

std::vector<Instruction> instructions_of(const std::vector<IfevalPrompt>& prompts) {
  std::vector<Instruction> instructions;
  for (const IfevalPrompt& prompt : prompts) instructions.push_back({prompt.id, prompt.prompt, ""});
  return instructions;
}

/// All that is wrong with what was named shows before a model answers.
void check_models(const Options& options, const RunConfig& config,
                  const std::vector<Instruction>& instructions) {
  std::vector<Output> outputs;
  std::set<std::string> names;
  for (const std::string& path : options.models) {
    check_new_name(names, outputs_name(path, instructions), "rename a file or a directory");
    if (!fs::is_directory(path)) continue;
    check_policy(config.model, path);
    outputs.push_back(answers_output(config, path, instructions, options.out));
  }
  check_outputs(outputs, options.overwrite);
}

void run_ifeval(const Options& options) {
  RunConfig config = options.config.load(kIfeval);
  config.evaluate.sampling.temperature = 0;  // as IFEval is reported
  settle_date(config, options.out, options.overwrite);
  const OutputLock lock(fs::path(options.out) / "");
  const auto prompts = read_ifeval(options.prompts);
  const auto instructions = instructions_of(prompts);
  check_models(options, config, instructions);
  const fs::path out = options.out;
  Json summary{{"prompts", options.prompts}, {"models", Json::array()}};
  for (const std::string& path : options.models) {
    const ModelOutputs outputs = outputs_of(config, path, instructions, {out, options.overwrite});
    const auto results = ifeval_results(prompts, outputs);
    summary["models"].push_back(ifeval_summary(outputs.name, results, root_seed(config).child("ifeval")));
    for (const bool loose : {false, true})
      write_file_atomically(out / (file_name_of(outputs.name) + (loose ? ".loose.jsonl" : ".strict.jsonl")),
                            ifeval_lines(results, loose));
  }
  write_file_atomically(out / "ifeval.json", summary.dump(2) + "\n");
  std::printf("%s\n%s\n", ifeval_tables(summary["models"]).c_str(),
              fs::absolute(out / "ifeval.json").c_str());
}

}  // namespace

void add_ifeval(Command evaluate) {
  auto options = std::make_shared<Options>();
  Command command = evaluate.add_command(
      "ifeval", "instructions that a program can check (IFEval); greedy answers, strict and loose");
  command
      .add_option(
          "models", options->models,
          "checkpoints, or files of answers: {prompt, response}, alpaca_eval's outputs, what `generate` wrote")
      .required()
      .type_name("MODEL ...");
  command.add_option("--prompts", options->prompts, "IFEval's input_data.jsonl").required().existing_file();
  command.add_option("--out", options->out, "directory for answers, verdicts and ifeval.json")
      .required()
      .type_name("DIR");
  add_overwrite(command, options->overwrite);
  options->config.add_to(command);
  command.callback([options] { run_ifeval(*options); });
}

}  // namespace selfreward
