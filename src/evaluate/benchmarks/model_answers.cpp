#include "evaluate/benchmarks/model_answers.h"

#include "base/content_hash.h"
#include "base/paths.h"
#include "base/progress.h"
#include "feedback/candidates.h"
#include "run/load_policy.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

std::vector<Prompt> prompts_of(const std::vector<Instruction>& instructions) {
  std::vector<Prompt> prompts;
  for (const Instruction& instruction : instructions)
    prompts.push_back({instruction.id, instruction.text, ""});
  return prompts;
}

std::vector<Candidate> answers_of(const RunConfig& config, const fs::path& dir,
                                  const std::vector<Prompt>& prompts, const Output& output, bool overwrite) {
  return memo<Candidate>(output, overwrite, [&](RecordSink<Candidate>& out) {
    log_line("answers of " + dir.string());
    Policy policy = load_policy(config.model, dir);
    const Seed seed = root_seed(config).child("evaluate", "answers");
    generate_candidates({policy, config.generation, seed}, prompts,
                        {/*num_generations=*/1, config.evaluate.sampling}, out);
  });
}

void check_exists(const fs::path& path) {
  check(fs::exists(path), "[evaluate] ", path.string(),
        " does not exist; a checkpoint directory or a file of outputs is wanted");
}

}  // namespace

Output answers_output(const RunConfig& config, const fs::path& dir,
                      const std::vector<Instruction>& instructions, const fs::path& out) {
  StageInputs inputs = StageInputs(config).settings(kModelSettings).settings({"evaluate.sampling."});
  inputs.checkpoint("model", dir).value("instructions", content_hash(to_jsonl(prompts_of(instructions))));
  return records_output(out / "answers" / (directory_name(dir) + ".jsonl"), inputs);
}

std::string outputs_name(const fs::path& path, const std::vector<Instruction>& instructions) {
  check_exists(path);
  return fs::is_directory(path) ? directory_name(path) : read_model_outputs(path, instructions).name;
}

std::string file_name_of(std::string name) {
  for (char& c : name)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '_';
  return name;
}

ModelOutputs outputs_of(const RunConfig& config, const fs::path& path,
                        const std::vector<Instruction>& instructions, const EvaluationDir& out) {
  check_exists(path);
  if (!fs::is_directory(path)) return read_model_outputs(path, instructions);
  check(!instructions.empty(), "[evaluate] ", path.string(),
        " is a checkpoint; name what it shall answer by "
        "--instructions");
  ModelOutputs outputs{directory_name(path), {}};
  const auto prompts = prompts_of(instructions);
  std::map<std::string, const Instruction*> by_id;
  for (const Instruction& instruction : instructions) by_id[instruction.id] = &instruction;
  for (const Candidate& answer : answers_of(
           config, path, prompts, answers_output(config, path, instructions, out.path), out.overwrite)) {
    const Instruction& instruction = *by_id.at(answer.prompt_id);
    outputs.rows.push_back({instruction.text, answer.text, instruction.category});
  }
  return outputs;
}

}  // namespace selfreward
