#include "report/event_file.h"

#include <doctest/doctest.h>

#include <cstring>
#include <map>

#include "base/error.h"

using namespace selfreward;

namespace {

/// A reader of the framing, written from its description.
std::vector<std::string> records_of(const std::string& file) {
  std::vector<std::string> records;
  for (size_t at = 0; at < file.size();) {
    uint64_t length = 0;
    uint32_t length_crc = 0, crc = 0;
    std::memcpy(&length, &file.at(at), 8);
    std::memcpy(&length_crc, &file.at(at + 8), 4);
    std::memcpy(&crc, &file.at(at + 12 + length), 4);
    const std::string bytes = file.substr(at + 12, length);
    const auto unmask = [](uint32_t masked) {
      const uint32_t rotated = masked - 0xa282ead8u;
      return rotated >> 17 | rotated << 15;
    };
    check(unmask(length_crc) == crc32c(file.substr(at, 8)), "length");
    check(unmask(crc) == crc32c(bytes), "bytes");
    records.push_back(bytes);
    at += 16 + length;
  }
  return records;
}

uint64_t varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

/// The fields of a message: bytes of lengths and fixed numbers, varints as text.
std::multimap<uint64_t, std::string> fields_of(std::string_view bytes) {
  std::multimap<uint64_t, std::string> fields;
  while (!bytes.empty()) {
    const uint64_t key = varint(bytes);
    if (key % 8 == 0) {
      fields.emplace(key / 8, str(varint(bytes)));
      continue;
    }
    const size_t size = key % 8 == 1 ? 8 : key % 8 == 5 ? 4 : varint(bytes);
    fields.emplace(key / 8, bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return fields;
}

template <typename T>
T number(const std::string& bytes) {
  T value;
  REQUIRE(bytes.size() == sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

TEST_CASE("crc32c gives the values of RFC 3720, appendix B.4") {
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  CHECK(crc32c(rising) == 0x46dd794eu);
}

TEST_CASE("an event is read back with its step, time, tags and numbers") {
  const Histogram lengths{1, 7, 3, 12, 66, {4, 8}, {1, 2}};
  const auto records = records_of(
      version_event() + summary_event(300, {{"train/loss", 0.75}, {"a", -1e-3}}, {{"lengths", lengths}}));
  REQUIRE(records.size() == 2);
  CHECK(fields_of(records[0]).find(3)->second == "brain.Event:2");
  const auto event = fields_of(records[1]);
  CHECK(number<double>(event.find(1)->second) == 300);
  CHECK(event.find(2)->second == "300");
  std::vector<std::string> values;
  for (const auto& [field, bytes] : fields_of(event.find(5)->second)) values.push_back(bytes);
  REQUIRE(values.size() == 3);
  CHECK(fields_of(values[0]).find(1)->second == "train/loss");
  CHECK(number<float>(fields_of(values[0]).find(2)->second) == 0.75f);
  CHECK(number<float>(fields_of(values[1]).find(2)->second) == -1e-3f);
  const auto histogram = fields_of(fields_of(values[2]).find(5)->second);
  CHECK(number<double>(histogram.find(5)->second) == 66);
  CHECK(number<double>(histogram.find(6)->second.substr(8)) == 8);
  CHECK(number<double>(histogram.find(7)->second.substr(8)) == 2);
}

TEST_CASE("a damaged record is told from a whole one") {
  std::string file = version_event();
  file[14] ^= 1;
  CHECK_THROWS_AS(records_of(file), Error);
}
