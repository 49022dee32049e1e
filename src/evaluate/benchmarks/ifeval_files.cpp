#include "evaluate/benchmarks/ifeval_files.h"

#include <algorithm>

#include "evaluate/benchmarks/model_answers.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

StageInputs inputs_of_prompts(const RunConfig& config, const fs::path& prompts) {
  StageInputs inputs(config);
  inputs.file("--prompts", prompts);
  return inputs;
}

Json earlier_models(const fs::path& ifeval_json) {
  if (!fs::exists(ifeval_json)) return Json::array();
  const Json summary = read_json(ifeval_json);
  check(summary.is_object() && summary.contains("models") && summary.at("models").is_array(), "[ifeval] ",
        ifeval_json.string(), " has no list \"models\"; remove it, or name another --out");
  return summary.at("models");
}

}  // namespace

Output ifeval_summary_output(const RunConfig& config, const fs::path& prompts, const fs::path& out) {
  const StageInputs inputs = inputs_of_prompts(config, prompts);
  const fs::path file = out / "ifeval.json";
  return {file.string(), {file}, out / "ifeval.inputs.json", inputs.json(), inputs.sources()};
}

Output ifeval_lines_output(const RunConfig& config, const std::string& name, const fs::path& path,
                           const fs::path& prompts, const fs::path& out) {
  StageInputs inputs = inputs_of_prompts(config, prompts);
  if (fs::is_directory(path))
    inputs.settings(kModelSettings).settings({"evaluate.sampling."}).checkpoint("model", path);
  else
    inputs.file("answers", path);
  const fs::path strict = out / (file_name_of(name) + ".strict.jsonl"),
                 loose = out / (file_name_of(name) + ".loose.jsonl");
  return {strict.string(), {strict, loose}, inputs_file(strict), inputs.json(), inputs.sources()};
}

void write_ifeval_lines(const Output& output, const std::vector<IfevalResult>& results) {
  write_file_atomically(output.paths[0], ifeval_lines(results, /*loose=*/false));
  write_file_atomically(output.paths[1], ifeval_lines(results, /*loose=*/true));
}

Json with_earlier_models(const fs::path& ifeval_json, const Json& models) {
  Json all = earlier_models(ifeval_json);
  for (const Json& model : models) {
    const auto same = std::find_if(all.begin(), all.end(), [&](const Json& earlier) {
      return earlier.is_object() && earlier.value("name", Json()) == model.at("name");
    });
    if (same == all.end())
      all.push_back(model);
    else
      *same = model;
  }
  return all;
}

}  // namespace selfreward
