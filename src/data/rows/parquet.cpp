// The one file that includes Apache Arrow.
#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/util/utf8.h>
#include <parquet/arrow/reader.h>

#include <cmath>

#include "data/rows/source.h"

namespace selfreward {
namespace {

Json value_at(const arrow::Array& array, int64_t i);

template <typename ArrayType>
auto plain(const arrow::Array& array, int64_t i) {
  return static_cast<const ArrayType&>(array).Value(i);
}

template <typename ArrayType>
Json text(const arrow::Array& array, int64_t i) {
  const std::string_view bytes = static_cast<const ArrayType&>(array).GetView(i);
  check(arrow::util::ValidateUTF8(bytes), "a text is not valid UTF-8");
  return std::string(bytes);
}

template <typename ArrayType>
Json bytes(const arrow::Array& array, int64_t i) {
  const std::string_view view = static_cast<const ArrayType&>(array).GetView(i);
  return Json::binary(std::vector<uint8_t>(view.begin(), view.end()));
}

template <typename ArrayType>
Json list(const arrow::Array& array, int64_t i) {
  const auto& lists = static_cast<const ArrayType&>(array);
  Json values = Json::array();
  const int64_t begin = lists.value_offset(i);
  for (int64_t k = begin; k < begin + lists.value_length(i); ++k)
    values.push_back(value_at(*lists.values(), k));
  return values;
}

Json object(const arrow::Array& array, int64_t i) {
  const auto& structs = static_cast<const arrow::StructArray&>(array);
  Json fields = Json::object();
  for (int k = 0; k < structs.num_fields(); ++k)
    fields[structs.struct_type()->field(k)->name()] = value_at(*structs.field(k), i);
  return fields;
}

/// A number that is missing, as pandas writes it, is missing in JSON too.
Json real(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

Json dictionary_value(const arrow::Array& array, int64_t i) {
  const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
  return value_at(*coded.dictionary(), coded.GetValueIndex(i));
}

Json printed(const arrow::Array& array, int64_t i) {
  const auto scalar = array.GetScalar(i);
  check(scalar.ok(), scalar.status().ToString());
  return (*scalar)->ToString();
}

// clang-format off
Json value_at(const arrow::Array& array, int64_t i) {
  if (array.IsNull(i)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::BOOL: return plain<arrow::BooleanArray>(array, i);
    case arrow::Type::INT8: return plain<arrow::Int8Array>(array, i);
    case arrow::Type::INT16: return plain<arrow::Int16Array>(array, i);
    case arrow::Type::INT32: return plain<arrow::Int32Array>(array, i);
    case arrow::Type::INT64: return plain<arrow::Int64Array>(array, i);
    case arrow::Type::UINT8: return plain<arrow::UInt8Array>(array, i);
    case arrow::Type::UINT16: return plain<arrow::UInt16Array>(array, i);
    case arrow::Type::UINT32: return plain<arrow::UInt32Array>(array, i);
    case arrow::Type::UINT64: return plain<arrow::UInt64Array>(array, i);
    case arrow::Type::FLOAT: return real(plain<arrow::FloatArray>(array, i));
    case arrow::Type::DOUBLE: return real(plain<arrow::DoubleArray>(array, i));
    case arrow::Type::STRING: return text<arrow::StringArray>(array, i);
    case arrow::Type::LARGE_STRING: return text<arrow::LargeStringArray>(array, i);
    case arrow::Type::STRING_VIEW: return text<arrow::StringViewArray>(array, i);
    case arrow::Type::BINARY: return bytes<arrow::BinaryArray>(array, i);
    case arrow::Type::LARGE_BINARY: return bytes<arrow::LargeBinaryArray>(array, i);
    case arrow::Type::LIST: return list<arrow::ListArray>(array, i);
    case arrow::Type::LARGE_LIST: return list<arrow::LargeListArray>(array, i);
    case arrow::Type::FIXED_SIZE_LIST: return list<arrow::FixedSizeListArray>(array, i);
    case arrow::Type::MAP: return list<arrow::MapArray>(array, i);
    case arrow::Type::STRUCT: return object(array, i);
    case arrow::Type::DICTIONARY: return dictionary_value(array, i);
    default: return printed(array, i);
  }
}
// clang-format on

Json row_at(const arrow::RecordBatch& batch, int64_t i, const std::string& where) {
  Json row = Json::object();
  for (int k = 0; k < batch.num_columns(); ++k) {
    try {
      row[batch.column_name(k)] = value_at(*batch.column(k), i);
    } catch (const Error& error) {
      fail("[parquet] ", where, ": column \"", batch.column_name(k), "\": ", error.what());
    }
  }
  return row;
}

/// The value of what `work` does with Arrow, which reports trouble as a status or as an exception.
template <typename Work>
auto done(const std::string& where, Work work) {
  try {
    auto result = work();
    check(result.ok(), result.status().message());
    return std::move(*result);
  } catch (const std::exception& error) {
    fail("[parquet] cannot read ", where, ": ", error.what(), "; is the file complete?");
  }
}

arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> open(const fs::path& path) {
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.OpenFile(path.string()));
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(1024);
  return builder.memory_pool(arrow::system_memory_pool())->properties(properties)->Build();
}

}  // namespace

void for_each_parquet_value(const fs::path& path, const UseValue& use) {
  arrow::util::InitializeUTF8();
  const std::string name = path.string();
  const auto file = done(name, [&] { return open(path); });
  const auto batches = done(name, [&] { return file->GetRecordBatchReader(); });
  int64_t number = 0;
  while (const auto batch = done(str(name, ", behind row ", number), [&] { return batches->Next(); })) {
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      ++number;
      if (!use(row_at(*batch, i, str(name, ", row ", number)), "row", number)) return;
    }
  }
}

}  // namespace selfreward
