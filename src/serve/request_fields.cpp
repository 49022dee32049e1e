#include "serve/request_fields.h"

#include <cmath>

#include "base/json_integers.h"
#include "base/text_util.h"

namespace selfreward {

std::string shown(const Json& value) {
  constexpr size_t kLongest = 60;
  const std::string text = strip(to_line(value));
  return text.size() <= kLongest ? text : std::string(value.type_name());
}

void check_integers(const std::string& param, const std::string& name, std::string_view json) {
  if (const auto integer = integer_beyond_64_bits(json))
    bad_request(param, str(name, " has the integer ", *integer,
                           ", which is beyond 64 bits and would become another number; send it as a text"));
}

RequestFields::RequestFields(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (object.is_object()) return;
  if (where_.empty()) bad_request("", str("the body is ", object.type_name(), ", expected a JSON object"));
  const std::string name = where_.substr(0, where_.size() - 1);
  bad_request(name, str(name, " is ", shown(object), ", expected an object"));
}

void RequestFields::wrong(const std::string& name, const Json& found, const std::string& wanted) const {
  bad_request(name_of(name), str(name_of(name), " is ", shown(found), ", expected ", wanted));
}

const Json* RequestFields::find(const std::string& name) {
  taken_.insert(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<bool> RequestFields::boolean(const std::string& name) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_boolean()) wrong(name, *value, "true or false");
  return value->get<bool>();
}

std::optional<int64_t> RequestFields::integer(const std::string& name, int64_t least, int64_t most) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<uint64_t>() <= uint64_t{INT64_MAX});
  if (!fits || value->get<int64_t>() < least || value->get<int64_t>() > most)
    wrong(name, *value, str("an integer from ", least, " to ", most));
  return value->get<int64_t>();
}

std::optional<double> RequestFields::number(const std::string& name) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_number() || !std::isfinite(value->get<double>())) wrong(name, *value, "a number");
  return value->get<double>();
}

std::optional<std::string> RequestFields::text(const std::string& name) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) wrong(name, *value, "a string");
  return value->get<std::string>();
}

void RequestFields::ignore(const std::set<std::string>& names) {
  taken_.insert(names.begin(), names.end());
}

void RequestFields::only(const std::string& name, const Json& value) {
  const Json* found = find(name);
  if (found && *found != value)
    bad_request(name_of(name), str(name_of(name), " is ", shown(*found), ", but this server supports ",
                                   shown(value), " alone; leave it out"));
}

void RequestFields::refuse_others() const {
  for (const auto& [name, value] : object_.items())
    if (!taken_.count(name) && !value.is_null())
      bad_request(name_of(name),
                  str("the parameter ", name_of(name), " is unknown or not supported here, and",
                      " leaving it out in silence could change the result; remove it"),
                  "unsupported_parameter");
}

}  // namespace selfreward
