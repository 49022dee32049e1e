#pragma once
// The rows of a data file, one JSON object each, whatever container they lie in: JSON lines, one JSON array,
// either packed by gzip, or Parquet. What a file is, its first bytes say. A directory stands for its data
// files in the order of their names.
#include <functional>

#include "base/files.h"
#include "base/json.h"

namespace selfreward {

struct Row {
  Json value;         // an object
  std::string where;  // "dir/data.jsonl, line 12": the start of every error about this row
  std::string id;     // "data-12": file stem and number of the line (JSON lines) or row, from 1
  std::string file;   // "data.jsonl"
};

/// Calls `use` with each row in order. Throws Error with file, line or row, and reason when a row is not a
/// JSON object, or a file cannot be read.
void for_each_row(const fs::path& path, const std::function<void(const Row&)>& use);

/// The first row. Throws Error where there is none.
Row first_row(const fs::path& path);

/// The data files that `path` stands for: itself, or those in a directory whose names end in .jsonl, .json,
/// .parquet, or the first two with .gz. Throws Error where the directory has none, or parts of several splits
/// ("train-00000-of-00002.parquet", "test-00000-of-00001.parquet").
std::vector<fs::path> data_files(const fs::path& path);

/// "JSON lines", "JSON array", "Parquet"; ", gzip" behind the first two where packed. An Arrow, zip or zstd
/// file, or the pointer that Git LFS leaves in the place of a file, is an Error that says what to do.
std::string container_of(const fs::path& file);

/// Present and not null: a Parquet row has all columns, with null for what is absent.
bool has(const Json& object, const char* key);

/// The string at `key`. Throws Error with the row's place when it is missing or of another type.
const std::string& string_at(const Json& object, const char* key, const std::string& where);
/// The same, and it must not be blank.
const std::string& text_at(const Json& object, const char* key, const std::string& where);
/// The string at `key`, empty where it is absent.
std::string optional_text(const Row& row, const char* key);
/// The list at `key`.
const Json& list_at(const Row& row, const char* key);
/// The row's "id", text or whole number; else its file and number.
std::string id_of(const Row& row);

/// "instruction, input, output": the keys of an object, for errors.
std::string key_list(const Json& object);

}  // namespace selfreward
