#include "recipe/run_directory.h"

#include <ctime>
#include <exception>

#include "text/chat_template.h"

namespace selfreward {

void settle_date(RunConfig& config) {
  std::string& date = config.model.chat_template_date;
  const fs::path earlier = RunPaths(config).settings();
  if (date.empty() && fs::exists(earlier)) date = load_config(earlier, {}).model.chat_template_date;
  if (!date.empty()) return;
  const std::tm today = template_date("");
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &today);
  date = text;
}

RunDirectory::RunDirectory(const RunConfig& config) : RunPaths(config), lock_(root() / "") {
  keep_progress_in(progress());
  if (!fs::exists(root() / "training")) return;
  for (const auto& entry :
       fs::directory_iterator(root() / "training"))  // of a run that was stopped just before this
    if (fs::exists(root() / entry.path().filename() / "config.json")) forget_training_state({entry.path()});
}

void RunDirectory::keep_settings(const RunConfig& config) const {
  write_file_atomically(settings(), dump_config(config));
}

RunDirectory::~RunDirectory() {
  keep_progress_in("");
  std::error_code ignored;
  for (const char* left : {"", ".tmp"})  // of a run that stops early it says where
    if (std::uncaught_exceptions() == 0) fs::remove(progress().string() + left, ignored);
}

void RunDirectory::begin_stage(const fs::path& path) const {
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
