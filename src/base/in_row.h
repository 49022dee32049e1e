#pragma once
// An Error of one row of data says which row it was.
#include "base/error.h"

namespace selfreward {

/// What `work` returns; its Error gets the row's name at the end: "... (prompt 'p-3')".
template <typename Work>
auto in_row(const char* kind, const std::string& id, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    fail(error.what(), " (", kind, " '", id, "')");
  }
}

}  // namespace selfreward
