#include "model/gguf/file.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <type_traits>

#include "model/gguf/quants.h"

namespace selfreward {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are read as they lie in memory");

constexpr int kMaxArrayDepth = 4;
constexpr uint32_t kMaxDimensions = 4;
constexpr uint64_t kDefaultAlignment = 32;
constexpr int64_t kBlocksPerTask = 4096;

enum ValueType : uint32_t {
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kFloat32,
  kBool,
  kString,
  kArray,
  kUint64,
  kInt64,
  kFloat64
};

/// Reads forward through the bytes of a file and never past their end.
class Cursor {
 public:
  Cursor(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  uint64_t position() const { return at_; }
  uint64_t left() const { return bytes_.size() - at_; }

  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::string string() { return std::string(take(number<uint64_t>())); }

  Json value(uint32_t type, int depth = 0) {
    switch (type) {
      case kUint8:
        return number<uint8_t>();
      case kInt8:
        return number<int8_t>();
      case kUint16:
        return number<uint16_t>();
      case kInt16:
        return number<int16_t>();
      case kUint32:
        return number<uint32_t>();
      case kInt32:
        return number<int32_t>();
      case kFloat32:
        return number<float>();
      case kBool:
        return number<uint8_t>() != 0;
      case kString:
        return string();
      case kArray:
        return array(depth);
      case kUint64:
        return number<uint64_t>();
      case kInt64:
        return number<int64_t>();
      case kFloat64:
        return number<double>();
      default:
        fail("[gguf] ", path_, ": value type ", type, " at byte ", at_, " is not known; a damaged file?");
    }
  }

  /// A count of things that take at least `least_bytes` each, so that a wild count cannot ask for memory.
  uint64_t count(const char* what, uint64_t least_bytes) {
    const uint64_t count = number<uint64_t>();
    check(count <= left() / least_bytes, "[gguf] ", path_, ": ", count, " ", what,
          " do not fit the rest of the file; an incomplete download or a damaged file?");
    return count;
  }

 private:
  Json array(int depth) {
    check(depth < kMaxArrayDepth, "[gguf] ", path_, ": arrays are nested too deep at byte ", at_,
          "; a damaged file?");
    const uint32_t type = number<uint32_t>();
    const uint64_t size = count("array elements", 1);
    Json values = Json::array();
    for (uint64_t i = 0; i < size; ++i) values.push_back(value(type, depth + 1));
    return values;
  }

  std::string_view take(uint64_t size) {
    check(size <= left(), "[gguf] ", path_, " ends at byte ", bytes_.size(), ", but ", size, " bytes at ",
          at_, " are needed; an incomplete download or a damaged file?");
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  std::string_view bytes_;
  const std::string& path_;
  uint64_t at_ = 0;
};

uint32_t read_version(Cursor& cursor, const std::string& path) {
  check(cursor.left() >= 8 && cursor.number<uint32_t>() == 0x46554747, "[gguf] ", path,
        " does not begin with \"GGUF\"; is it a GGUF file?");
  const uint32_t version = cursor.number<uint32_t>();
  check((version & 0xffff) != 0, "[gguf] ", path, " is a big-endian GGUF file, which is not supported");
  check(version == 2 || version == 3, "[gguf] ", path, " is GGUF version ", version, ", expected 2 or 3");
  return version;
}

void read_metadata(Cursor& cursor, uint64_t count, GgufFile& file) {
  for (uint64_t i = 0; i < count; ++i) {
    const std::string key = cursor.string();
    Json value = cursor.value(cursor.number<uint32_t>());
    check(file.metadata.emplace(key, std::move(value)).second, "[gguf] ", file.path, ": ", key,
          " stands twice");
  }
}

uint64_t read_alignment(const GgufFile& file) {
  const auto found = file.metadata.find("general.alignment");
  if (found == file.metadata.end()) return kDefaultAlignment;
  const bool good = found->second.is_number_unsigned() &&
                    std::has_single_bit(found->second.get<uint64_t>()) &&
                    found->second.get<uint64_t>() <= uint64_t{1} << 31;
  check(good, "[gguf] ", file.path, ": general.alignment is ",
        found->second.dump(-1, ' ', true, Json::error_handler_t::replace), ", expected a power of two");
  return found->second.get<uint64_t>();
}

std::vector<int64_t> read_shape(Cursor& cursor, const std::string& where) {
  const uint32_t dimensions = cursor.number<uint32_t>();
  check(dimensions <= kMaxDimensions, where, "has ", dimensions, " dimensions, expected at most ",
        kMaxDimensions);
  std::vector<int64_t> shape;
  int64_t product = 1;
  for (uint32_t i = 0; i < dimensions; ++i) {
    shape.push_back(cursor.number<int64_t>());
    check(shape.back() > 0 && !__builtin_mul_overflow(product, shape.back(), &product), where,
          "has a size of ", shape.back(), "; a damaged file?");
  }
  std::reverse(shape.begin(), shape.end());
  return shape;
}

int64_t element_count(const GgufTensor& tensor) {
  int64_t count = 1;
  for (const int64_t size : tensor.shape) count *= size;
  return count;
}

/// Bytes of the tensor in the file; 0 for a type whose blocks are not known here.
uint64_t byte_count(const GgufTensor& tensor, const std::string& where) {
  const GgmlType* type = find_ggml_type(tensor.type);
  if (type == nullptr) return 0;
  const int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
  check(row % type->weights == 0, where, "has rows of ", row, ", which ", type->name, " blocks of ",
        type->weights, " cannot hold");
  int64_t bytes = 0;
  const bool overflow = __builtin_mul_overflow(element_count(tensor) / type->weights, type->bytes, &bytes);
  check(!overflow, where, "is too large; a damaged file?");
  return static_cast<uint64_t>(bytes);
}

GgufTensor read_tensor(Cursor& cursor, const GgufFile& file) {
  GgufTensor tensor;
  tensor.name = cursor.string();
  const std::string where = str("[gguf] ", file.path, ": tensor \"", tensor.name, "\" ");
  tensor.shape = read_shape(cursor, where);
  tensor.type = cursor.number<uint32_t>();
  tensor.offset = cursor.number<uint64_t>();
  return tensor;
}

/// Turns offsets from the start of the data into offsets from the start of the file, and checks every place.
void place_tensors(GgufFile& file, uint64_t data, uint64_t alignment) {
  const uint64_t file_size = file.bytes->bytes().size();
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (GgufTensor& tensor : file.tensors) {
    const std::string where = str("[gguf] ", file.path, ": tensor \"", tensor.name, "\" ");
    const uint64_t bytes = byte_count(tensor, where);
    check(tensor.offset % alignment == 0, where, "lies at ", tensor.offset, ", not a multiple of ",
          alignment);
    const bool inside =
        data <= file_size && tensor.offset <= file_size - data && bytes <= file_size - data - tensor.offset;
    check(inside, where, "needs ", bytes, " bytes at ", tensor.offset, " of the data, but the file has ",
          file_size, " bytes in all; an incomplete download?");
    tensor.offset += data;
    places.emplace_back(tensor.offset, tensor.offset + bytes);
  }
  std::sort(places.begin(), places.end());
  for (size_t i = 1; i < places.size(); ++i)
    check(places[i - 1].second <= places[i].first, "[gguf] ", file.path, ": two tensors share byte ",
          places[i].first, "; a damaged file?");
}

void check_unique_names(const GgufFile& file) {
  std::set<std::string_view> names;
  for (const GgufTensor& tensor : file.tensors)
    check(names.insert(tensor.name).second, "[gguf] ", file.path, ": tensor \"", tensor.name,
          "\" stands twice");
}

}  // namespace

const GgufTensor* GgufFile::find(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const GgufTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

GgufFile read_gguf(const fs::path& path) {
  GgufFile file;
  file.path = path.string();
  file.bytes = std::make_shared<MappedFile>(path);
  Cursor cursor(file.bytes->bytes(), file.path);
  file.version = read_version(cursor, file.path);
  const uint64_t num_tensors = cursor.count("tensors", 24);  // at least a length, two numbers and an offset
  const uint64_t num_values = cursor.count("metadata values", 13);
  read_metadata(cursor, num_values, file);
  for (uint64_t i = 0; i < num_tensors; ++i) file.tensors.push_back(read_tensor(cursor, file));
  const uint64_t alignment = read_alignment(file);
  place_tensors(file, (cursor.position() + alignment - 1) / alignment * alignment, alignment);
  check_unique_names(file);
  return file;
}

at::Tensor load_gguf_tensor(const GgufFile& file, const GgufTensor& tensor) {
  const GgmlType* type = find_ggml_type(tensor.type);
  check(type != nullptr, "[gguf] ", file.path, ": tensor \"", tensor.name, "\" is ",
        ggml_type_name(tensor.type), "; only ", readable_ggml_types(),
        " are read: take a file with these types");
  at::Tensor weights = at::empty(tensor.shape, at::kFloat);
  const auto* bytes = reinterpret_cast<const uint8_t*>(file.bytes->data() + tensor.offset);
  float* out = weights.data_ptr<float>();
  at::parallel_for(0, weights.numel() / type->weights, kBlocksPerTask, [&](int64_t begin, int64_t end) {
    type->read(bytes + begin * type->bytes, end - begin, out + begin * type->weights);
  });
  return weights;
}

}  // namespace selfreward
