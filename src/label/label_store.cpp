#include "label/label_store.h"

#include <sstream>

#include "base/json_reason.h"
#include "data/jsonl.h"

namespace selfreward {
namespace {

/// The line itself is in no message: where somebody took another file for the log it may be anything.
Label label_in(const std::string& line, const std::string& where) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  check(json.is_object(), "[label] ", where, " is no label, wanted a JSON object");
  try {
    return json.get<Label>();
  } catch (const nlohmann::json::exception& error) {
    fail("[label] ", where, " is no label: ", reason_of(error));
  } catch (const Error& error) {
    fail("[label] ", where, " is no label: ", error.what());
  }
}

void read_lines_of_log(const fs::path& log, const std::string& text, Labels& labels) {
  size_t number = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string where = str(log.string(), ", line ", ++number);
    const Label label = label_in(line, where);
    try {
      labels.add(label);
    } catch (const Error& error) {
      fail("[label] ", where, ": ", error.what(), "; were the labels made of other prompts or answers?");
    }
  }
}

/// What stands behind the last line end was never answered for. It is cut off when the rest is known to be a log.
void read_log(const fs::path& log, Labels& labels) {
  const std::string text = read_file(log), whole = text.substr(0, text.rfind('\n') + 1);
  read_lines_of_log(log, whole, labels);
  if (whole.size() < text.size()) write_file_atomically(log, whole);
}

}  // namespace

LabelStore::LabelStore(const LabelTasks& tasks, const fs::path& dir) : dir_(dir), labels_(tasks) {
  make_directories(dir_);
  if (fs::exists(log_file())) read_log(log_file(), labels_);
  if (labels_.all().empty()) check_no_results();
  log_.emplace(log_file());
  write_results();
}

void LabelStore::check_fits(const Label& label) const {
  const std::scoped_lock lock(mutex_);
  labels_.check_fits(label);
}

void LabelStore::add(const Label& label) {
  const std::scoped_lock lock(mutex_);
  labels_.check_fits(label);
  check(fs::exists(log_file()), "[label] ", log_file().string(),
        " is gone: the click is not kept; put it back, or stop and call label again");
  log_->append(to_line(Json(label)));
  labels_.add(label);
  try {
    write_results();
  } catch (const std::exception& error) {
    fail("[label] the click is kept in ", log_file().string(),
         ", load the page anew; but what the clicks come to is not written: ", error.what());
  }
}

Labels LabelStore::labels() const {
  const std::scoped_lock lock(mutex_);
  return labels_;
}

/// To write the results of no labels would empty those that a log made which is lost.
void LabelStore::check_no_results() const {
  for (const fs::path& file : {ranked_file(), verdicts_file()})
    check(!fs::exists(file) || fs::is_empty(file), "[label] ", file.string(), " has rows, but ",
          log_file().string(), ", of which they were made, is not there or empty; put it back, or remove ",
          file.string(), " to begin anew");
}

void LabelStore::write_results() const {
  write_file_atomically(ranked_file(), to_jsonl(labels_.ranked()));
  write_file_atomically(verdicts_file(), to_jsonl(labels_.verdicts()));
}

}  // namespace selfreward
