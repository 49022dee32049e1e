#include "text/tokenizer/byte_level.h"

#include <array>
#include <cstdint>

#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

/// Printable Latin-1 stands for itself, the other 68 bytes for U+0100 and on, in order.
bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<std::string, 256> character;  // [byte]
  std::array<int16_t, 0x144> byte;         // [code point], -1 where it stands for no byte

  Alphabet() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (int b = 0; b < 256; ++b) {
      const char32_t code = stands_for_itself(b) ? static_cast<char32_t>(b) : next++;
      character[static_cast<size_t>(b)] = encode_utf8(code);
      byte[code] = static_cast<int16_t>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

std::string to_byte_level(std::string_view bytes) {
  const Alphabet& table = alphabet();
  std::string visible;
  visible.reserve(bytes.size() + 8);
  for (const char c : bytes) visible += table.character[static_cast<unsigned char>(c)];
  return visible;
}

std::optional<std::string> from_byte_level(std::string_view token) {
  const Alphabet& table = alphabet();
  std::string bytes;
  for (size_t at = 0; at < token.size(); at += utf8_character(token, at).length) {
    const char32_t code = code_point(token, at);
    if (code >= table.byte.size() || table.byte[code] < 0) return std::nullopt;
    bytes += static_cast<char>(table.byte[code]);
  }
  return bytes;
}

}  // namespace selfreward
