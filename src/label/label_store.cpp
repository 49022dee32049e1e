#include "label/label_store.h"

#include "data/jsonl.h"

namespace selfreward {
namespace {

/// The whole lines of the log; what stands behind the last line end was never answered for.
std::string whole_lines(const fs::path& log) {
  const std::string text = read_file(log);
  return text.substr(0, text.rfind('\n') + 1);
}

void read_log(const fs::path& log, Labels& labels) {
  write_file_atomically(log, whole_lines(log));
  size_t number = 0;
  for (const std::string& line : read_lines(log)) {
    ++number;
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    check(json.is_object(), "[label] ", log.string(), ", line ", number, " is no label: ", line);
    try {
      labels.add(json.get<Label>());
    } catch (const std::exception& error) {
      fail("[label] ", log.string(), ", line ", number, ": ", error.what(),
           "; were the labels made of other prompts or answers?");
    }
  }
}

}  // namespace

LabelStore::LabelStore(const LabelTasks& tasks, const fs::path& dir) : dir_(dir), labels_(tasks) {
  fs::create_directories(dir_);
  const fs::path log = dir_ / "labels.jsonl";
  if (fs::exists(log)) read_log(log, labels_);
  log_.emplace(log);
  write_results();
}

void LabelStore::add(const Label& label) {
  const std::scoped_lock lock(mutex_);
  labels_.add(label);
  log_->append(to_line(Json(label)));
  write_results();
}

Labels LabelStore::labels() const {
  const std::scoped_lock lock(mutex_);
  return labels_;
}

void LabelStore::write_results() const {
  write_file_atomically(ranked_file(), to_jsonl(labels_.ranked()));
  write_file_atomically(verdicts_file(), to_jsonl(labels_.verdicts()));
}

}  // namespace selfreward
