#pragma once
// The text that a template wrote, with the parts of it that data or {% generation %} blocks gave.
#include <optional>
#include <string>

#include "text/unicode/marked_text.h"

namespace selfreward {

/// What a template wrote.
struct Rendering {
  std::string text;
  ByteRanges data;  // what came out of the data, not of the template
  /// What {% generation %} blocks wrote; nothing where the place of one is not known, because it wrote into a
  /// macro, a set block or the like.
  std::optional<ByteRanges> generated;
};

}  // namespace selfreward
