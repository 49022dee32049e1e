#include "base/json_integers.h"
#include "base/text_util.h"
#include "data/rows/source.h"
#include "data/rows/unpacked_file.h"

namespace selfreward {
namespace {

bool is_blank(int c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// A row's value; what the parser quotes of a broken row may be as long as the row, so it is cut.
Json parse_row(const std::string& text, const std::string& where) {
  check_json_integers(text, where);
  constexpr size_t kLongest = 300;
  try {
    return parse_json(text, where);
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.size() <= kLongest) throw;
    fail(message.substr(0, kLongest), " ...");
  }
}

/// Reads what stands before the first value; returns how many line ends that was.
int64_t skip_blank(UnpackedFile& file) {
  constexpr int kByteOrderMark[] = {0xef, 0xbb, 0xbf};
  for (const int byte : kByteOrderMark)
    if (file.peek() == byte) file.get();
  int64_t line_ends = 0;
  for (; is_blank(file.peek()); file.get()) line_ends += file.peek() == '\n';
  return line_ends;
}

/// Appends the text of an array's next element to `text`; returns the comma or bracket that ends it.
int read_element(UnpackedFile& file, std::string& text, const std::string& where) {
  int64_t depth = 0;
  bool in_string = false;
  for (int c = file.get(); c != UnpackedFile::kEnd; c = file.get()) {
    if (!in_string && depth <= 0 && (c == ',' || c == ']')) return c;
    if (!in_string) depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    text += static_cast<char>(c);
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\' && file.peek() != UnpackedFile::kEnd) text += static_cast<char>(file.get());
  }
  fail("[json] ", where, ": the array does not end; is the file complete?");
}

void for_each_element(UnpackedFile& file, const UseValue& use) {
  file.get();  // the opening bracket
  int end = ',';
  for (int64_t number = 1; end == ','; ++number) {
    const std::string where = str(file.path().string(), ", row ", number);
    std::string text;
    end = read_element(file, text, where);
    if (end == ']' && number == 1 && strip(text).empty()) break;
    if (!use(parse_row(text, where), "row", number)) return;
  }
  skip_blank(file);
  check(file.peek() == UnpackedFile::kEnd, "[json] ", file.path().string(),
        ": there is more behind the end of the array; wanted one array, or one object per line");
}

void for_each_line(UnpackedFile& file, int64_t number, const UseValue& use) {
  for (std::string line; file.line(line);) {
    ++number;
    if (strip(line).empty()) continue;
    if (!use(parse_row(line, str(file.path().string(), ", line ", number)), "line", number)) return;
  }
}

}  // namespace

void for_each_json_value(const fs::path& path, const UseValue& use) {
  UnpackedFile file(path);
  const int64_t lines_before = skip_blank(file);
  if (file.peek() == '[')
    for_each_element(file, use);
  else
    for_each_line(file, lines_before, use);
}

}  // namespace selfreward
