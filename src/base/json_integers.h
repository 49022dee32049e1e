#pragma once
// Integers of JSON that would not stay what they are.
#include <optional>
#include <string>
#include <string_view>

namespace selfreward {

/// The first integer of a valid JSON text that 64 bits cannot hold, of which the parser makes the nearest
/// float: 1e+20 of 100000000000000000001.
std::optional<std::string> integer_beyond_64_bits(std::string_view json);

/// Throws Error where there is one; `where` names the text.
void check_json_integers(std::string_view json, const std::string& where);

}  // namespace selfreward
