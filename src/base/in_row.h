#pragma once
// An Error of a part says which part it was.
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

/// What `work` returns; its Error gets the place in front: "[rubric] a.yaml, line 3: score_pattern: ...".
template <typename Work>
auto at_place(const std::string& place, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    fail(place, ": ", error.what());
  }
}

}  // namespace selfreward
