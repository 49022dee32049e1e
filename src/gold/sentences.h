#pragma once
// Where sentences end: the part of text.h that has its own rules.
#include <string>
#include <string_view>
#include <vector>

namespace selfreward {

/// A line that is only a title, [[so]] or "# so".
bool is_title_line(std::string_view line);

/// The runs of text in which sentences stand: paragraphs and list lines, without list markers, titles and
/// the lines of code fences. A line break inside a paragraph is a space.
std::vector<std::string> sentence_runs(const std::string& text);

/// The sentences of such a run; a rest with a word in it is one too.
std::vector<std::string> split_sentences(const std::string& run);

}  // namespace selfreward
