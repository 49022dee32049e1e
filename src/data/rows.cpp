#include "data/rows.h"

#include "base/text_util.h"

namespace selfreward {
namespace {

Row make_row(Json value, const fs::path& path, const char* unit, size_t number) {
  Row row{std::move(value), str(path.string(), ", ", unit, " ", number),
          str(path.stem().string(), "-", number)};
  check(row.value.is_object(), "[data] ", row.where, ": expected a JSON object, found ",
        row.value.type_name());
  return row;
}

bool starts_with_array(const std::string& content) {
  const size_t first = content.find_first_not_of("\xef\xbb\xbf \t\r\n");  // a byte order mark may lead
  return first != std::string::npos && content[first] == '[';
}

}  // namespace

void for_each_row(const fs::path& path, const std::function<void(const Row&)>& use) {
  const std::string content = read_file(path);
  if (starts_with_array(content)) {
    Json rows = parse_json(content, path.string());
    for (size_t i = 0; i < rows.size(); ++i) use(make_row(std::move(rows[i]), path, "row", i + 1));
    return;
  }
  std::istringstream in(content);
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (strip(line).empty()) continue;
    use(make_row(parse_json(line, str(path.string(), ", line ", number)), path, "line", number));
  }
}

const std::string& text_at(const Json& object, const char* key, const std::string& where) {
  check(object.contains(key), "[data] ", where, ": key \"", key,
        "\" is missing; the row has: ", key_list(object));
  const Json& value = object.at(key);
  check(value.is_string(), "[data] ", where, ": \"", key, "\" must be a string, found ", value.type_name());
  const auto& text = value.get_ref<const std::string&>();
  check(!strip(text).empty(), "[data] ", where, ": \"", key, "\" is empty");
  return text;
}

std::string key_list(const Json& object) {
  std::string names;
  for (const auto& [key, value] : object.items()) names += (names.empty() ? "" : ", ") + key;
  return names.empty() ? "no keys" : names;
}

}  // namespace selfreward
