#include "run/directory.h"

#include "base/content_hash.h"
#include "base/paths.h"
#include "data/whole_rows.h"

namespace selfreward {

std::vector<Json> read_warnings(const fs::path& file) {
  return read_whole_rows(file);
}

void write_warnings(const fs::path& file, const std::vector<Json>& rows) {
  if (rows.empty())
    fs::remove(file);
  else if (!fs::exists(file) || read_file(file) != to_jsonl(rows))
    write_jsonl(file, rows);
}

RunDirectory::RunDirectory(const RunConfig& config)
    : RunPaths(config), lock_(root() / ""), progress_file_(progress()) {
  if (!fs::exists(trainings())) return;
  for (const auto& entry : fs::directory_iterator(trainings()))  // of a run that was stopped just before this
    if (is_checkpoint(root() / entry.path().filename())) forget_training_state({entry.path()});
}

void RunDirectory::check_given(const Output& output) {
  for (const fs::path& source : output.sources) {
    if (fs::is_directory(source) || is_within(fs::absolute(source), fs::absolute(root()))) continue;
    const std::string hash = fs::exists(source) ? file_hash(source) : "";
    check(given_.emplace(source, hash).first->second == hash, "[inputs] ", source.string(),
          " has changed while this command was at work, and ", output.name,
          " would be made from it; put it back and run the same command again, or begin another run");
  }
}

void RunDirectory::take_up(const Output& output) {
  check_given(output);
  selfreward::take_up(output, /*overwrite=*/false, kOverwriteRemedy);
}

void RunDirectory::keep_settings(const RunConfig& config) const {
  write_file_atomically(settings(), dump_config(config));
}

void RunDirectory::begin_stage(const fs::path& path) {
  const std::string name = fs::relative(path, root()).string();
  if (!fs::exists(path)) log_line(name);
  name_stage(name);
}

void RunDirectory::forget_training_state(const TrainingFiles& files) const {
  if (!fs::exists(files.dir)) return;
  std::vector<fs::path> states;
  for (const auto& entry : fs::directory_iterator(files.dir))
    if (entry.is_directory()) states.push_back(entry.path());
  for (const fs::path& state : states) fs::remove_all(state);
}

}  // namespace selfreward
