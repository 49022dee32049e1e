#include "model/files/safetensors_header.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/json_reason.h"

namespace selfreward {
namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation

uint64_t little_endian_64(std::string_view bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  return value;
}

uint64_t header_length(std::string_view file, const std::string& path) {
  check(!file.starts_with("version https://git-lfs"), "[safetensors] ", path,
        " is a Git LFS pointer, not the weights; run git lfs pull");
  check(file.size() >= kLengthBytes, "[safetensors] ", path, " has ", file.size(),
        " bytes, too few for a header; an incomplete download?");
  const uint64_t length = little_endian_64(file);
  check(length <= kMaxHeaderBytes, "[safetensors] ", path, ": the header claims ", length, " bytes (at most ",
        kMaxHeaderBytes, " are allowed); is this a safetensors file?");
  check(length <= file.size() - kLengthBytes, "[safetensors] ", path, ": the header has ", length,
        " bytes, but the file ends after ", file.size(), "; an incomplete download?");
  return length;
}

/// JSON parsers keep one of two equal keys; a name that stands twice must not pass silently.
LookupJson parse_header(std::string_view text, const std::string& path) {
  std::set<std::string> names;
  const auto watch = [&](int depth, LookupJson::parse_event_t event, LookupJson& value) {
    if (event != LookupJson::parse_event_t::key || depth != 1) return true;
    check(names.insert(value.get<std::string>()).second, "[safetensors] ", path, ": ", value.dump(),
          " stands twice in the header");
    return true;
  };
  try {
    LookupJson header = LookupJson::parse(text, watch);
    check(header.is_object(), "[safetensors] ", path, ": the header is not a JSON object");
    return header;
  } catch (const nlohmann::json::exception& e) {
    fail("[safetensors] ", path, ": the header is not valid JSON; a damaged file? ", reason_of(e));
  }
}

uint64_t unsigned_number(const LookupJson& value, const std::string& where) {
  check(value.is_number_unsigned(), where, "expected a whole number, found ", value.dump());
  return value.get<uint64_t>();
}

std::vector<int64_t> parse_shape(const LookupJson& json, const std::string& where) {
  check(json.is_array(), where, "shape is ", json.dump(), ", expected a list");
  std::vector<int64_t> shape;
  for (const auto& size : json) {
    check(unsigned_number(size, where) <= uint64_t{INT64_MAX}, where, "shape ", json.dump(), " is too large");
    shape.push_back(size.get<int64_t>());
  }
  return shape;
}

/// Bytes of a tensor; empty where the product does not fit 64 bits.
std::optional<uint64_t> byte_count(const std::vector<int64_t>& shape, uint64_t element_bytes) {
  uint64_t bytes = element_bytes;
  for (const int64_t size : shape)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) return std::nullopt;
  return bytes;
}

/// `data` is where the tensors begin in the file, `size` how many bytes they have together.
SafetensorsEntry parse_entry(const std::string& name, const LookupJson& json, uint64_t data, uint64_t size,
                             const std::string& path) {
  const std::string where = str("[safetensors] ", path, ": \"", name, "\": ");
  const bool complete = json.is_object() && json.contains("dtype") && json.contains("shape") &&
                        json.contains("data_offsets") && json["dtype"].is_string();
  check(complete, where, "expected dtype, shape and data_offsets");
  SafetensorsEntry entry{name, json["dtype"].get<std::string>(), parse_shape(json["shape"], where), 0, 0};
  const uint64_t element_bytes = safetensors_dtype_bytes(entry.dtype);
  check(element_bytes > 0, where, "dtype ", entry.dtype, " is not supported");
  const LookupJson& offsets = json["data_offsets"];
  check(offsets.is_array() && offsets.size() == 2, where, "data_offsets is ", offsets.dump(),
        ", expected two numbers");
  const uint64_t begin = unsigned_number(offsets[0], where), end = unsigned_number(offsets[1], where);
  check(begin <= end, where, "data_offsets ", offsets.dump(), " run backwards");
  check(end <= size, where, "ends at byte ", end, " of the data, but the file has ", size,
        "; an incomplete download?");
  const auto bytes = byte_count(entry.shape, element_bytes);
  check(bytes && *bytes == end - begin, where, entry.dtype, " ", json["shape"].dump(), " does not fill the ",
        end - begin, " bytes of its data_offsets");
  entry.begin = data + begin;
  entry.end = data + end;
  return entry;
}

/// `entries` sorted by place must follow each other from `data` to the end of the file.
void check_contiguous(const std::vector<SafetensorsEntry>& entries, uint64_t data, uint64_t file_size,
                      const std::string& path) {
  uint64_t at = data;
  for (const SafetensorsEntry& entry : entries) {
    check(entry.begin == at, "[safetensors] ", path, ": \"", entry.name, "\" starts at byte ", entry.begin,
          entry.begin < at ? ", inside" : ", with a gap after", " the tensor that ends at ", at);
    at = entry.end;
  }
  check(at == file_size, "[safetensors] ", path, ": the tensors end at byte ", at, ", but the file has ",
        file_size);
}

}  // namespace

uint64_t safetensors_dtype_bytes(std::string_view dtype) {
  if (dtype == "F64" || dtype == "I64") return 8;
  if (dtype == "F32" || dtype == "I32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16") return 2;
  if (dtype == "I8" || dtype == "U8" || dtype == "BOOL") return 1;
  return 0;
}

std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view file, const std::string& path) {
  const uint64_t length = header_length(file, path);
  const LookupJson header = parse_header(file.substr(kLengthBytes, length), path);
  const uint64_t data = kLengthBytes + length;
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name != "__metadata__") entries.push_back(parse_entry(name, json, data, file.size() - data, path));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_contiguous(entries, data, file.size(), path);
  return entries;
}

}  // namespace selfreward
