#pragma once
// Where an evaluation writes.
#include "base/error.h"
#include "base/files.h"
#include "model/files/checkpoint_files.h"
#include "run/paths.h"

namespace selfreward {

/// What an evaluation writes would stand among a checkpoint's files.
inline void check_is_no_checkpoint(const std::string& out) {
  check(!is_checkpoint(out), "[evaluate] --out ", out,
        " holds a checkpoint; name another directory, so that what is there stays");
}

/// The directory that --out names, made where it is not there. What cannot be made, as an empty name, is an Error.
inline fs::path made_out_directory(const std::string& out) {
  std::error_code error;
  fs::create_directories(out, error);
  check(!error, "[evaluate] cannot make the directory --out '", out, "': ", error.message());
  check(fs::is_directory(out), "[evaluate] --out '", out, "' is no directory");
  check_is_no_checkpoint(out);
  return out;
}

/// Settings and figures of an evaluation would take the place of a run's.
inline void check_holds_no_run(const RunPaths& paths, const std::string& out) {
  check(!paths.has_run(), "[evaluate] --out ", out,
        " holds a run; name another directory, so that what is there stays");
  check_is_no_checkpoint(out);
}

}  // namespace selfreward
