#include "run/stage_inputs.h"

#include <algorithm>

#include "base/content_hash.h"
#include "base/version.h"
#include "config/fields.h"
#include "gold/scorer.h"
#include "model/files/checkpoint_files.h"

namespace selfreward {
namespace {

template <typename Texts, typename Test>
bool any_of(const Texts& texts, Test test) {
  return std::any_of(std::begin(texts), std::end(texts), test);
}

}  // namespace

const std::vector<std::string> kModelSettings = {"model.device", "model.dtype", "model.chat_template_"};
const std::vector<std::string> kTrainingSettings = {"model.device", "model.dtype", "model.chat_template_",
                                                    "model.save_dtype", "lora."};

const std::vector<std::string> kJudgeSettings = {"judge.form",
                                                 "judge.read",
                                                 "judge.requirements",
                                                 "judge.max_requirements",
                                                 "judge.num_evals_to_average",
                                                 "judge.sampling."};

bool changes_no_result(const std::string& key) {
  static const char* const kLeaves[] = {".micro_batch_tokens", ".gradient_checkpointing", ".logging_steps",
                                        ".save_steps"};
  return key.starts_with("generation.") || key == "judge.gate" ||
         any_of(kLeaves, [&](const char* leaf) { return key.ends_with(leaf); });
}

StageInputs::StageInputs(const RunConfig& config)
    : config_(config), inputs_{{"selfreward", program_version()}, {"seed", config.seed}} {}

StageInputs& StageInputs::settings(const std::vector<std::string>& prefixes) {
  for (const Field& field : list_fields(config_)) {
    const bool named =
        any_of(prefixes, [&](const std::string& prefix) { return field.key.starts_with(prefix); });
    const bool no_adapter = field.key.starts_with("lora.") && field.key != "lora.r" && config_.lora.r == 0;
    if (named && !no_adapter && !field.is_section() && !is_path_setting(field.key) &&
        !changes_no_result(field.key))
      inputs_[field.key] = field_json(field);
  }
  return *this;
}

StageInputs& StageInputs::files(const std::string& name, const std::vector<std::string>& paths) {
  std::vector<fs::path> there;
  for (const std::string& path : paths) {
    if (path.empty()) continue;
    sources_.push_back(path);
    if (fs::exists(path)) there.push_back(path);
    if (fs::is_directory(path))
      for (fs::path& file : files_below(path)) sources_.push_back(std::move(file));
  }
  if (!there.empty()) inputs_[name] = content_hashes(there);
  return *this;
}

StageInputs& StageInputs::checkpoint(const std::string& name, const fs::path& dir) {
  sources_.push_back(dir);
  if (fs::exists(dir))
    for (const fs::path& file : policy_files(dir)) sources_.push_back(file);  // an adapter's base among them
  if (fs::exists(dir)) inputs_[name] = content_hashes(policy_files(dir));
  return *this;
}

StageInputs& StageInputs::gold(const fs::path& rules) {
  if (rules.empty()) return *this;
  std::vector<std::string> names;
  for (const fs::path& file : GoldScorer::files(rules)) names.push_back(file.string());
  return files("data.gold", names);
}

StageInputs& StageInputs::value(const std::string& name, Json value) {
  inputs_[name] = std::move(value);
  return *this;
}

Output model_output(const std::string& name, const fs::path& dir, const fs::path& training_dir,
                    const StageInputs& inputs) {
  return {name,
          {dir, dir.string() + ".tmp", training_dir},
          inputs_file(training_dir),
          inputs.json(),
          inputs.sources()};
}

Output records_output(const fs::path& records, const StageInputs& inputs) {
  Output output = records_output(records, inputs.json());
  output.sources = inputs.sources();
  return output;
}

}  // namespace selfreward
