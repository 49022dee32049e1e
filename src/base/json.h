#pragma once
// JSON with the order of its keys kept (what we write) and with fast look-up (large files we read).
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/files.h"

namespace selfreward {

using Json = nlohmann::ordered_json;  // records, reports, metrics: people read them
using LookupJson = nlohmann::json;    // tokenizer.json and other files with ten thousands of keys

/// Parses text; a syntax error names `where` and the position.
template <typename J = Json>
J parse_json(std::string_view text, const std::string& where);
template <typename J = Json>
J read_json(const fs::path& path);
// Compiled once (json.cpp): the parser is large.
extern template Json parse_json<Json>(std::string_view text, const std::string& where);
extern template LookupJson parse_json<LookupJson>(std::string_view text, const std::string& where);
extern template Json read_json<Json>(const fs::path& path);
extern template LookupJson read_json<LookupJson>(const fs::path& path);

/// The number at a JSON pointer ("/gold/sampled/mean"); empty if there is none.
std::optional<double> number_at(const Json& json, const std::string& pointer);

/// One line of JSON; bytes that are not UTF-8 (a cut-off character of a model's reply) become U+FFFD.
std::string to_line(const Json& json);

}  // namespace selfreward
