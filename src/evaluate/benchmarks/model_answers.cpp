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

std::vector<ModelOutput> rows_of(const std::vector<Candidate>& answers,
                                 const std::vector<Instruction>& instructions, const std::string& file) {
  std::map<std::string, const Instruction*> by_id;
  for (const Instruction& instruction : instructions) by_id[instruction.id] = &instruction;
  std::vector<ModelOutput> rows;
  for (const Candidate& answer : answers) {
    const auto found = by_id.find(answer.prompt_id);
    check(found != by_id.end(), "[evaluate] ", file, " answers the prompt '", answer.prompt_id,
          "', which is not among the prompts; remove the file, and it is made again");
    rows.push_back({found->second->text, answer.text, found->second->category});
  }
  return rows;
}

/// Of finished answers.
int64_t too_long_of(const Output& answers) {
  const fs::path counts = counts_file(answers.paths.front());
  return fs::exists(counts) ? read_json(counts).value("prompt_too_long", int64_t{0}) : 0;
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

void check_can_answer(const ModelSettings& settings, const fs::path& dir) {
  check_policy(settings, dir);
  chat_format_of(dir, {settings.chat_template_kwargs, settings.chat_template_date})
      .prompt_ids({{"user", "Hello"}});
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
  const Output output = answers_output(config, path, instructions, out.path);
  const auto answers = answers_of(config, path, prompts_of(instructions), output, out.overwrite);
  return {directory_name(path), rows_of(answers, instructions, output.name), too_long_of(output)};
}

}  // namespace selfreward
