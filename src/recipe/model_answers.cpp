#include "recipe/model_answers.h"

#include <chrono>

#include "base/progress.h"
#include "feedback/candidates.h"
#include "recipe/stages.h"

namespace selfreward {
namespace {

Json sampling_json(const SamplingSettings& sampling) {
  return {{"max_new_tokens", sampling.max_new_tokens},
          {"temperature", sampling.temperature},
          {"top_p", sampling.top_p},
          {"top_k", sampling.top_k}};
}

std::vector<Prompt> prompts_of(const std::vector<Instruction>& instructions) {
  std::vector<Prompt> prompts;
  for (const Instruction& instruction : instructions)
    prompts.push_back({instruction.id, instruction.text, ""});
  return prompts;
}

std::vector<Candidate> answers_of(const RunConfig& config, const fs::path& dir,
                                  const std::vector<Prompt>& prompts, const fs::path& file) {
  check_inputs(file, {{"model", checkpoint_state(dir)},
                      {"instructions", fingerprint(to_jsonl(prompts))},
                      {"seed", config.seed},
                      {"dtype", config.model.dtype},
                      {"evaluate.sampling", sampling_json(config.evaluate.sampling)}});
  return memo<Candidate>(file, [&](RecordSink<Candidate>& out) {
    log_line("answers of " + dir.string());
    Policy policy = load_policy(config, dir);
    const Seed seed = Seed(static_cast<uint64_t>(config.seed)).child("evaluate", "answers");
    generate_candidates(policy, prompts, {/*num_generations=*/1, config.evaluate.sampling}, config.generation,
                        seed, out);
  });
}

}  // namespace

void check_inputs(const fs::path& records, const Json& inputs) {
  const fs::path file = fs::path(records).replace_extension(".inputs.json");
  if (!fs::exists(file)) return write_file_atomically(file, inputs.dump(2) + "\n");
  const Json earlier = read_json(file);
  for (const auto& [key, value] : inputs.items())
    check(earlier.value(key, Json()) == value, "[evaluate] ", records.string(), " was made with another ",
          key, " (", file.string(), "); name another --out, or remove both to make it again");
}

Json checkpoint_state(const fs::path& dir) {
  std::map<std::string, Json> weights;  // in the order of their names
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.path().extension() == ".safetensors")
      weights[entry.path().filename().string()] = {entry.file_size(),
                                                   entry.last_write_time().time_since_epoch().count()};
  return {{"path", fs::weakly_canonical(dir).string()}, {"weights", weights}};
}

std::string file_name_of(std::string name) {
  for (char& c : name)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '_';
  return name;
}

std::string directory_name(const fs::path& dir) {
  const fs::path path = fs::weakly_canonical(dir);
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

ModelOutputs outputs_of(const RunConfig& config, const fs::path& path,
                        const std::vector<Instruction>& instructions, const fs::path& out) {
  check(fs::exists(path), "[evaluate] ", path.string(),
        " does not exist; a checkpoint directory or a file of outputs "
        "is wanted");
  if (!fs::is_directory(path)) return read_model_outputs(path, instructions);
  check(!instructions.empty(), "[evaluate] ", path.string(),
        " is a checkpoint; name what it shall answer by "
        "--instructions");
  ModelOutputs outputs{directory_name(path), {}};
  const auto prompts = prompts_of(instructions);
  std::map<std::string, const Instruction*> by_id;
  for (const Instruction& instruction : instructions) by_id[instruction.id] = &instruction;
  for (const Candidate& answer :
       answers_of(config, path, prompts, out / "answers" / (outputs.name + ".jsonl"))) {
    const Instruction& instruction = *by_id.at(answer.prompt_id);
    outputs.rows.push_back({instruction.text, answer.text, instruction.category});
  }
  return outputs;
}

}  // namespace selfreward
