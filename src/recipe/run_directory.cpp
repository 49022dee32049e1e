#include "recipe/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <ctime>
#include <exception>

#include "base/text_util.h"
#include "text/chat_template.h"

namespace selfreward {
namespace {

/// Settings, and the section of the monitors, that may change between two calls of one run: they do not
/// change what is already there.
bool may_change(const std::string& line) {
  for (const char* key : {"run_dir:", "last_model:", "report_to:", "monitor:"})
    if (line.rfind(key, 0) == 0) return true;
  return false;
}

/// The lines of a config that set something and must not change.
std::vector<std::string> settings_of(const std::string& config) {
  std::istringstream lines(config);
  std::vector<std::string> settings;
  bool free = false;  // in a section that may change
  for (std::string line; std::getline(lines, line);) {
    if (strip(line).empty() || strip(line).starts_with('#')) continue;
    if (!line.starts_with(' ')) free = may_change(line);
    if (!free) settings.push_back(line);
  }
  return settings;
}

/// Throws where a config differs from that of an earlier call in a line that matters. Another version of the
/// program may have written that one, with other comments and without the settings that are new: these have
/// their defaults, which change nothing.
void check_same_settings(const fs::path& path, const std::string& now) {
  const auto before = settings_of(dump_config(load_config(path, {}))), after = settings_of(now);
  for (size_t i = 0; i < after.size(); ++i) {
    const std::string old = i < before.size() ? before[i] : "";
    check(old == after[i], "[run] ", path.string(), " was started with '", strip(old), "', now it is '",
          strip(after[i]), "'; give another --run-dir for other settings, or remove the old run");
  }
}

constexpr const char* kConfigFile = "config.yaml";

}  // namespace

void settle_date(RunConfig& config) {
  std::string& date = config.model.chat_template_date;
  const fs::path earlier = fs::path(config.run_dir) / kConfigFile;
  if (date.empty() && fs::exists(earlier)) date = load_config(earlier, {}).model.chat_template_date;
  if (!date.empty()) return;
  const std::tm today = template_date("");
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &today);
  date = text;
}

void check_earlier_settings(const RunConfig& config) {
  const fs::path path = fs::path(config.run_dir) / kConfigFile;
  if (fs::exists(path)) check_same_settings(path, dump_config(config));
}

RunDirectory::RunDirectory(const RunConfig& config)
    : root_(config.run_dir), first_model_(config.model.model_name_or_path) {
  fs::create_directories(root_);
  const fs::path lock = root_ / ".lock";
  lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  check(lock_ >= 0, "[run] cannot create ", lock.string());
  check(::flock(lock_, LOCK_EX | LOCK_NB) == 0, "[run] another process is at work in ", root_.string());
  check_earlier_settings(config);
  write_file_atomically(root_ / kConfigFile, dump_config(config));
  keep_progress_in(progress());
  if (!fs::exists(root_ / "training")) return;
  for (const auto& entry :
       fs::directory_iterator(root_ / "training"))  // of a run that was stopped just before this
    if (fs::exists(root_ / entry.path().filename() / "config.json")) forget_training_state({entry.path()});
}

RunDirectory::~RunDirectory() {
  keep_progress_in("");
  std::error_code ignored;
  for (const char* left : {"", ".tmp"})  // of a run that stops early it says where
    if (std::uncaught_exceptions() == 0) fs::remove(progress().string() + left, ignored);
  ::close(lock_);
}

fs::path RunDirectory::model(int64_t t) const {
  return t == 0 ? first_model_ : model_dir(t);
}

fs::path RunDirectory::round_records(int64_t t, const std::string& name) const {
  return model_dir(t) / (name + ".jsonl");
}

fs::path RunDirectory::evaluation_records(const std::string& model, const std::string& name) const {
  return root_ / "evaluation" / model / (name + ".jsonl");
}

void RunDirectory::forget_training_state(const TrainingFiles& files) const {
  if (!fs::exists(files.dir)) return;
  std::vector<fs::path> states;
  for (const auto& entry : fs::directory_iterator(files.dir))
    if (entry.is_directory()) states.push_back(entry.path());
  for (const fs::path& state : states) fs::remove_all(state);
}

}  // namespace selfreward
