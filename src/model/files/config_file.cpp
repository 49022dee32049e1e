#include "model/files/config_file.h"

namespace selfreward {
namespace {

bool fits(const Json& value) {
  return !value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{INT64_MAX};
}

}  // namespace

ConfigFile::ConfigFile(const fs::path& path) : path_(path.string()), json_(read_json(path)) {
  check(json_.is_object(), "[config] ", path_, " is not a JSON object; is it the config.json of a model?");
}

void ConfigFile::refuse(const std::string& key, const Json& value, const std::string& wanted) const {
  fail("[config] ", path_, ": ", key, " is ", value.dump(-1, ' ', false, Json::error_handler_t::replace),
       ", expected ", wanted);
}

void ConfigFile::require(const std::string& key, const Json& wanted) const {
  const Json value = get(key);
  if (!value.is_null() && value != wanted) refuse(key, value, wanted.dump() + " (nothing else is supported)");
}

int64_t ConfigFile::integer(const std::string& key, std::optional<int64_t> otherwise) const {
  const Json value = get(key);
  if (value.is_null() && otherwise) return *otherwise;
  check(!value.is_null(), "[config] ", path_, " has no \"", key,
        "\"; is it the config.json of a language model?");
  if (!value.is_number_integer() || !fits(value)) refuse(key, value, "a whole number");
  return value.get<int64_t>();
}

double ConfigFile::number(const std::string& key, double otherwise) const {
  const Json value = get(key);
  return value.is_null() ? otherwise : number_in(key, value);
}

bool ConfigFile::boolean(const std::string& key, bool otherwise) const {
  const Json value = get(key);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) refuse(key, value, "true or false");
  return value.get<bool>();
}

double ConfigFile::number_in(const std::string& key, const Json& value) const {
  if (!value.is_number()) refuse(key, value, "a number");
  return value.get<double>();
}

std::vector<int64_t> ConfigFile::ids(const std::string& key) const {
  const Json value = get(key);
  if (value.is_null()) return {};
  std::vector<int64_t> ids;
  for (const Json& id : value.is_array() ? value : Json::array({value})) {
    if (!id.is_number_integer() || !fits(id)) refuse(key, value, "a token id or a list of token ids");
    if (id.get<int64_t>() >= 0) ids.push_back(id.get<int64_t>());
  }
  return ids;
}

}  // namespace selfreward
