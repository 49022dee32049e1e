#include "report/event_file.h"

#include <array>
#include <bit>

namespace selfreward {
namespace {

static_assert(std::endian::native == std::endian::little);  // records and protocol buffers are

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::array<uint32_t, 256> crc_table() {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, bits reversed
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ kPolynomial : crc >> 1;
    table[i] = crc;
  }
  return table;
}

uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

// The wire format of protocol buffers: a key (field number and type), then the value.
void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_double(std::string& out, int field, double value) {
  put_varint(out, static_cast<uint64_t>(field << 3 | 1));
  put(out, value);
}

void put_bytes(std::string& out, int field, std::string_view bytes) {
  put_varint(out, static_cast<uint64_t>(field << 3 | 2));
  put_varint(out, bytes.size());
  out += bytes;
}

void put_doubles(std::string& out, int field, const std::vector<double>& values) {
  std::string packed;
  for (const double value : values) put(packed, value);
  put_bytes(out, field, packed);
}

std::string scalar_value(const std::string& tag, double value) {
  std::string out;
  put_bytes(out, 1, tag);
  put_varint(out, 2 << 3 | 5);  // simple_value, a float
  put(out, static_cast<float>(value));
  return out;
}

std::string histogram_value(const std::string& tag, const Histogram& histogram) {
  std::string proto, out;
  put_double(proto, 1, histogram.min);
  put_double(proto, 2, histogram.max);
  put_double(proto, 3, histogram.num);
  put_double(proto, 4, histogram.sum);
  put_double(proto, 5, histogram.sum_squares);
  put_doubles(proto, 6, histogram.bucket_limit);
  put_doubles(proto, 7, histogram.bucket);
  put_bytes(out, 1, tag);
  put_bytes(out, 5, proto);
  return out;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const auto kTable = crc_table();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

std::string tf_record(std::string_view bytes) {
  std::string out;
  put(out, static_cast<uint64_t>(bytes.size()));
  put(out, masked_crc(out));
  out += bytes;
  put(out, masked_crc(bytes));
  return out;
}

std::string version_event() {
  std::string event;
  put_double(event, 1, 0);  // wall_time
  put_bytes(event, 3, "brain.Event:2");
  return tf_record(event);
}

std::string summary_event(int64_t step, const Scalars& scalars, const Histograms& histograms) {
  std::string summary, event;
  for (const auto& [tag, value] : scalars) put_bytes(summary, 1, scalar_value(tag, value));
  for (const auto& [tag, histogram] : histograms) put_bytes(summary, 1, histogram_value(tag, histogram));
  put_double(event, 1, static_cast<double>(step));
  put_varint(event, 2 << 3);
  put_varint(event, static_cast<uint64_t>(step));
  put_bytes(event, 5, summary);
  return tf_record(event);
}

}  // namespace selfreward
