#pragma once
// A pattern of a rubric on what a judge wrote.
#include "base/progress.h"
#include "base/regex.h"

namespace selfreward {

/// Every match. None, with a warning, where the pattern tries too many ways on this reply: that costs one
/// score or verdict, not the run.
inline std::vector<Regex::Match> matches_in_reply(const Regex& pattern, std::string_view reply) {
  try {
    return pattern.find_all(reply);
  } catch (const RegexLimit& limit) {
    log_line(str("warning: a judge's reply counts as one without a score: ", limit.what()));
    return {};
  }
}

}  // namespace selfreward
