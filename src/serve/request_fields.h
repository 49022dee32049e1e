#pragma once
// The fields of a request's JSON object, taken one by one: a wrong type or range is a 400 that names the
// field, and so is a field that nobody has taken in the end.
#include <optional>
#include <set>

#include "serve/api_error.h"

namespace selfreward {

class RequestFields {
 public:
  /// `object` must outlive it; `where` precedes the names of fields in messages ("stream_options.").
  explicit RequestFields(const Json& object, std::string where = "");

  /// The field, or nothing where it is absent or null.
  const Json* find(const std::string& name);
  std::optional<bool> boolean(const std::string& name);
  std::optional<int64_t> integer(const std::string& name, int64_t least, int64_t most);
  std::optional<double> number(const std::string& name);
  std::optional<std::string> text(const std::string& name);

  /// Fields that change nothing here.
  void ignore(const std::set<std::string>& names);
  /// A field that is not supported, but for the value that means nothing.
  void only(const std::string& name, const Json& value);
  /// A 400 that names a field that was not taken.
  void refuse_others() const;

  std::string name_of(const std::string& field) const { return where_ + field; }

 private:
  [[noreturn]] void wrong(const std::string& name, const Json& found, const std::string& wanted) const;

  const Json& object_;
  std::string where_;
  std::set<std::string> taken_;
};

/// A 400 where a JSON text has an integer that 64 bits cannot hold; `name` names the text.
void check_integers(const std::string& param, const std::string& name, std::string_view json);

/// A short form of a value for messages.
std::string shown(const Json& value);

}  // namespace selfreward
