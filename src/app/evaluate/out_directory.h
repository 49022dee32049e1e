#pragma once
// Where an evaluation writes.
#include "base/error.h"
#include "base/files.h"

namespace selfreward {

/// The directory that --out names, made where it is not there. What cannot be made, as an empty name, is an Error.
inline fs::path made_out_directory(const std::string& out) {
  std::error_code error;
  fs::create_directories(out, error);
  check(!error, "[evaluate] cannot make the directory --out '", out, "': ", error.message());
  check(fs::is_directory(out), "[evaluate] --out '", out, "' is no directory");
  return out;
}

}  // namespace selfreward
