#include "config/template_day.h"

#include <ctime>

#include "base/content_hash.h"
#include "base/json.h"
#include "base/yaml.h"
#include "text/chat/template.h"

namespace selfreward {
namespace {

constexpr const char* kKey = "model.chat_template_date";

/// At whatever depth it stands: a judge's settings are an object of their own. Empty where there is none.
std::string day_of_record(const fs::path& record) {
  const Json json = Json::parse(read_file(record), nullptr, /*allow_exceptions=*/false);
  if (!json.is_structured()) return "";
  const Json flat = json.flatten();
  for (const auto& [path, value] : flat.items())
    if (path.ends_with(std::string("/") + kKey) && value.is_string() && value != "") return value;
  return "";
}

/// Of config.yaml; its other settings may be those of another version.
std::string day_of_settings(const fs::path& file) {
  const YAML::Node day =
      parse_yaml(read_file(file), "[config] " + file.string())["model"]["chat_template_date"];
  return day && day.IsScalar() ? day.Scalar() : "";
}

std::string day_of_records(const fs::path& dir) {
  for (const fs::path& file : files_below(dir)) {
    if (!file.string().ends_with(".inputs.json")) continue;
    if (const std::string day = day_of_record(file); !day.empty()) return day;
  }
  return "";
}

std::string recorded_day(const fs::path& earlier) {
  if (!fs::exists(earlier)) return "";
  if (fs::is_directory(earlier)) return day_of_records(earlier);
  if (earlier.extension() == ".yaml") return day_of_settings(earlier);
  return day_of_record(earlier);
}

std::string today() {
  const std::tm now = template_date("");
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &now);
  return text;
}

}  // namespace

void settle_date(RunConfig& config, const fs::path& earlier, bool overwrite) {
  std::string& date = config.model.chat_template_date;
  if (date.empty() && !overwrite) date = recorded_day(earlier);
  if (date.empty()) date = today();
}

}  // namespace selfreward
