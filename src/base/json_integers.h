#pragma once
// Integers of JSON that would not stay what they are.
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace selfreward {

/// The first integer of a valid JSON text that 64 bits cannot hold, of which the parser makes the nearest
/// float: 1e+20 of 100000000000000000001.
std::optional<std::string> integer_beyond_64_bits(std::string_view json);

/// Throws Error where there is one; `where` names the text.
void check_json_integers(std::string_view json, const std::string& where);

/// json[key], a whole number of 0 or more; anything else is an Error that begins with `where` ("[label] "): the JSON
/// library would cut 0.7 to 0. A missing key is the library's own exception, as of json.at.
int64_t whole_number_at(const Json& json, const char* key, const std::string& where);

}  // namespace selfreward
