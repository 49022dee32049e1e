#include "data/rows/rows.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "base/regex.h"
#include "base/text_util.h"
#include "data/rows/source.h"
#include "data/rows/unpacked_file.h"

namespace selfreward {
namespace {

constexpr const char* kEndings[] = {".jsonl", ".json", ".parquet", ".jsonl.gz", ".json.gz"};

bool is_data_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return fs::is_regular_file(path) && name[0] != '.' &&
         std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](const char* ending) { return name.ends_with(ending); });
}

/// "data" of data.jsonl and data.jsonl.gz.
std::string stem_of(const fs::path& path) {
  return path.extension() == ".gz" ? path.stem().stem().string() : path.stem().string();
}

/// The parts of one data set are named by their split; training on its test split too is never wanted.
void check_one_split(const std::vector<fs::path>& files, const fs::path& dir) {
  static const Regex kPart("^(.+)-\\d+-of-\\d+");
  std::set<std::string> splits;
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (const auto match = kPart.search(name)) splits.insert(std::string((*match)[1].in(name)));
  }
  std::string names;
  for (const std::string& split : splits) names += (names.empty() ? "" : ", ") + split;
  check(splits.size() < 2, "[data] ", dir.string(), " holds several splits: ", names,
        "; name the files of the one that is wanted");
}

struct Unreadable {
  std::string_view start;
  const char* advice;
};
constexpr Unreadable kUnreadable[] = {
    {"ARROW1", "an Arrow file; write it as Parquet (Python: datasets.load_from_disk(dir).to_parquet(file))"},
    {"\xff\xff\xff\xff",
     "an Arrow stream; write it as Parquet (Python: datasets.load_from_disk(dir).to_parquet(file))"},
    {"\x28\xb5\x2f\xfd", "packed by zstd; unpack it (unzstd), or pack it by gzip"},
    {"PK\x03\x04", "a zip file; unpack it"},
    {"BZh", "packed by bzip2; unpack it (bunzip2), or pack it by gzip"},
    {"\xfd\x37zXZ", "packed by xz; unpack it (unxz), or pack it by gzip"},
    {"version https://git-lfs", "the pointer that Git LFS left in the place of the file; run: git lfs pull"},
};

std::string first_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(32, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(in.gcount()));
  return bytes;
}

Row make_row(Json value, const fs::path& path, const char* unit, int64_t number) {
  Row row{std::move(value), str(path.string(), ", ", unit, " ", number), str(stem_of(path), "-", number),
          path.filename().string()};
  check(row.value.is_object(), "[data] ", row.where, ": expected a JSON object, found ",
        row.value.type_name());
  return row;
}

/// Reads rows until there are no more or `use` returns false.
void read_rows_until(const fs::path& path, const std::function<bool(const Row&)>& use) {
  bool go_on = true;
  for (const fs::path& file : data_files(path)) {
    if (!go_on) return;
    const auto use_value = [&](Json value, const char* unit, int64_t number) {
      return go_on = use(make_row(std::move(value), file, unit, number));
    };
    if (container_of(file) == "Parquet")
      for_each_parquet_value(file, use_value);
    else
      for_each_json_value(file, use_value);
  }
}

}  // namespace

std::vector<fs::path> data_files(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (is_data_file(entry.path())) files.push_back(entry.path());
  check(!files.empty(), "[data] the directory ", path.string(),
        " holds no data files; wanted names that end in .jsonl, .json, .jsonl.gz, .json.gz or .parquet");
  std::sort(files.begin(), files.end());
  check_one_split(files, path);
  return files;
}

std::string container_of(const fs::path& file) {
  const std::string start = first_bytes(file);
  for (const auto& [bytes, advice] : kUnreadable)
    check(!start.starts_with(bytes), "[data] ", file.string(), " is ", advice);
  if (start.starts_with("PAR1")) return "Parquet";
  UnpackedFile unpacked(file);
  int first = unpacked.get();
  while (first == ' ' || first == '\n' || first == '\r' || first == '\t' || first > 0x7f)
    first = unpacked.get();
  return str(first == '[' ? "JSON array" : "JSON lines", start.starts_with("\x1f\x8b") ? ", gzip" : "");
}

void for_each_row(const fs::path& path, const std::function<void(const Row&)>& use) {
  read_rows_until(path, [&](const Row& row) {
    use(row);
    return true;
  });
}

Row first_row(const fs::path& path) {
  std::optional<Row> first;
  read_rows_until(path, [&](const Row& row) {
    first = row;
    return false;
  });
  check(first.has_value(), "[data] ", path.string(), " has no rows; is the file complete?");
  return *first;
}

bool has(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null();
}

const std::string& string_at(const Json& object, const char* key, const std::string& where) {
  check(object.contains(key), "[data] ", where, ": key \"", key,
        "\" is missing; the row has: ", key_list(object));
  const Json& value = object.at(key);
  check(value.is_string(), "[data] ", where, ": \"", key, "\" must be a string, found ", value.type_name());
  return value.get_ref<const std::string&>();
}

const std::string& text_at(const Json& object, const char* key, const std::string& where) {
  const std::string& text = string_at(object, key, where);
  check(!strip(text).empty(), "[data] ", where, ": \"", key, "\" is empty");
  return text;
}

std::string optional_text(const Row& row, const char* key) {
  return has(row.value, key) ? string_at(row.value, key, row.where) : "";
}

const Json& list_at(const Row& row, const char* key) {
  check(row.value.contains(key), "[data] ", row.where, ": key \"", key,
        "\" is missing; the row has: ", key_list(row.value));
  const Json& list = row.value.at(key);
  check(list.is_array(), "[data] ", row.where, ": \"", key, "\" must be a list, found ", list.type_name());
  return list;
}

std::string id_of(const Row& row) {
  const auto id = row.value.find("id");
  if (id != row.value.end() && id->is_number_integer()) return id->dump();
  const std::string text = optional_text(row, "id");
  return text.empty() ? row.id : text;
}

std::string key_list(const Json& object) {
  constexpr size_t kMost = 30;
  std::string names;
  size_t count = 0;
  for (const auto& [key, value] : object.items()) {
    if (count++ == kMost) return names + ", ...";
    names += (names.empty() ? "" : ", ") + key;
  }
  return names.empty() ? "no keys" : names;
}

}  // namespace selfreward
