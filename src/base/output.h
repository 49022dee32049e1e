#pragma once
// A result of the program and what it was made from. Work that was finished or begun is taken up only where
// all of that is still the same; a process at work on a result has it for itself:
//   const OutputLock lock(out);
//   take_up({"answers.jsonl", {out, partial}, inputs_file(out), inputs}, overwrite, "add --overwrite");
#include "base/json.h"

namespace selfreward {

struct Output {
  std::string name;             // in messages
  std::vector<fs::path> paths;  // the result, and what is left of work on it that was stopped
  fs::path record;              // JSON beside the result: the inputs it was made from
  Json inputs;  // settings with their values, contents with their hashes; null: not known yet, not compared
  std::vector<fs::path> sources = {};  // files and directories whose contents are among the inputs
};

/// A file beside `file`: answers.jsonl -> answers.counts.json; other names keep their end, so that answers.1
/// and answers.2 have files of their own.
inline fs::path file_beside(const fs::path& file, const std::string& end) {
  return (file.extension() == ".jsonl" ? fs::path(file).replace_extension() : file).string() + end;
}

/// Where the inputs of a file are kept: answers.jsonl -> answers.inputs.json.
inline fs::path inputs_file(const fs::path& file) {
  return file_beside(file, ".inputs.json");
}

/// Whether the result is there, or work on it was begun. An empty directory or an empty partial file is no
/// work.
bool is_begun(const Output& output);

/// What of the inputs is not as it was, in words: "sft.learning_rate was 0.1 and is 0.2". Empty where nothing
/// differs, or nothing was begun. An output that is, or holds, one of its own inputs is an Error.
std::vector<std::string> differences(const Output& output);

/// Removes the result, what is left of work on it, and the record. Each is renamed first, so that a process
/// that is killed leaves no half of it under its name.
void remove_output(const Output& output);

/// Keeps the inputs in the record before work begins. Where there is a result of other inputs, or work on
/// one: an Error that says what differs and ends with `remedy`; or, with `overwrite`, it is removed.
void take_up(const Output& output, bool overwrite, const std::string& remedy);

/// While it lives no other process can have a lock of the same path, nor, where the path is a directory
/// ("runs/demo/"), of anything in it. Its file, `path`.lock, is removed at the end.
class OutputLock {
 public:
  /// Throws Error where another process has it, or a directory around it, or where the file cannot be made.
  explicit OutputLock(const fs::path& path);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  fs::path file_;
  int descriptor_ = -1;
};

}  // namespace selfreward
