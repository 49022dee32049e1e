// evaluate ifeval: which checkable instructions models follow.
#include <cstdio>

#include "app/commands.h"
#include "app/evaluate/model_names.h"
#include "app/evaluate/out_directory.h"
#include "base/in_row.h"
#include "evaluate/benchmarks/ifeval_files.h"
#include "evaluate/benchmarks/model_answers.h"
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

/// One call of the command: what it has read before a model answers.
struct Call {
  const Options& options;
  RunConfig config;
  fs::path out;
  std::vector<IfevalPrompt> prompts;
  std::vector<Instruction> instructions;

  ModelOutputs outputs(const std::string& model) const {
    return outputs_of(config, model, instructions, {out, options.overwrite});
  }
  Output lines(const std::string& model) const {
    return ifeval_lines_output(config, outputs_name(model, instructions), model, options.prompts, out);
  }
  Output summary() const { return ifeval_summary_output(config, options.prompts, out); }
};

std::vector<IfevalResult> results_of(const Call& call, const std::string& model,
                                     const ModelOutputs& outputs) {
  return in_row("model", model, [&] { return ifeval_results(call.prompts, outputs); });
}

/// What the call writes. None of it may be what the call reads.
std::vector<Output> outputs_of_call(const Call& call) {
  std::vector<Output> outputs{call.summary()};
  for (const std::string& model : call.options.models) {
    outputs.push_back(call.lines(model));
    if (fs::is_directory(model))
      outputs.push_back(answers_output(call.config, model, call.instructions, call.out));
  }
  for (Output& output : outputs) {
    output.sources.push_back(call.options.prompts);
    for (const std::string& model : call.options.models) output.sources.push_back(model);
  }
  return outputs;
}

/// All that is wrong with what was named shows before a model answers.
void check_models(const Call& call) {
  ModelNames names;
  for (const std::string& model : call.options.models) {
    check_new_name(names, outputs_name(model, call.instructions),
                   "rename a file, a directory or a generator");
    if (fs::is_directory(model))
      check_can_answer(call.config.model, model);
    else
      results_of(call, model, call.outputs(model));
  }
  const auto outputs = outputs_of_call(call);
  for (Output output : outputs) {
    output.paths.push_back(output.record);
    differences(output);  // an Error where it is to be made from itself
  }
  check_outputs(outputs, call.options.overwrite);
}

/// Writes the lines of a model; its summary.
Json evaluated(const Call& call, const std::string& model) {
  const ModelOutputs outputs = call.outputs(model);
  const auto results = results_of(call, model, outputs);
  const Output lines = call.lines(model);
  take_up(lines, call.options.overwrite, kOverwriteRemedy);
  write_ifeval_lines(lines, results);
  return ifeval_summary(outputs, results, root_seed(call.config).child("ifeval"));
}

void run_ifeval(const Options& options) {
  RunConfig config = options.config.load(kIfeval);
  config.evaluate.sampling.temperature = 0;  // as IFEval is reported
  settle_date(config, options.out, options.overwrite);
  const fs::path out = made_out_directory(options.out);
  const OutputLock lock(out / "");
  const auto prompts = read_ifeval(options.prompts);
  const Call call{options, config, out, prompts, instructions_of(prompts)};
  check_models(call);
  Json models = Json::array();
  for (const std::string& model : options.models) models.push_back(evaluated(call, model));
  const Output summary = call.summary();
  const fs::path& file = summary.paths.front();
  models = with_earlier_models(file, models);
  take_up(summary, options.overwrite, kOverwriteRemedy);
  write_file_atomically(file, Json{{"prompts", options.prompts}, {"models", models}}.dump(2) + "\n");
  std::printf("%s\n%s\n", ifeval_tables(models).c_str(), fs::absolute(file).c_str());
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
