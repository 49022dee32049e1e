#pragma once
// GPT-2's spelling of bytes: every byte is one visible character, a space is "Ġ" and a line feed "Ċ".
#include <optional>
#include <string>
#include <string_view>

namespace selfreward {

/// Each byte of `bytes` as its visible character.
std::string to_byte_level(std::string_view bytes);
/// The bytes behind a token of valid UTF-8; nothing if a character of it stands for no byte.
std::optional<std::string> from_byte_level(std::string_view token);

}  // namespace selfreward
