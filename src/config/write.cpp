// Settings as text for people: the commented YAML of a run directory, --help, docs/configuration.md.
#include <algorithm>

#include "base/text_util.h"
#include "config/rules.h"

namespace selfreward {
namespace {

std::string indent_of(const std::string& key) {
  return std::string(2 * static_cast<size_t>(std::count(key.begin(), key.end(), '.')), ' ');
}

/// The value with ${ written so that loading does not take it for an environment variable.
std::string escaped_value(const Field& field) {
  return replace_all(value_text(field), "${", "$${");
}

std::string yaml_lines(const Field& field) {
  const std::string indent = indent_of(field.key);
  const std::string name = indent + leaf_key(field.key) + ":";
  if (field.is_section()) return "\n" + indent + "# " + field.help + "\n" + name + "\n";
  return indent + "# " + field.help + "\n" + name + " " + escaped_value(field) + "\n";
}

constexpr size_t kPageWidth = 120;

/// The words of a paragraph in lines of the page; those after the first one begin with `indent`.
std::string wrapped(const std::string& text, const std::string& indent = "") {
  std::string lines, line;
  for (const std::string& word : split_words(text)) {
    if (!line.empty() && line.size() + 1 + word.size() > kPageWidth) {
      lines += line + "\n";
      line = indent + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
  }
  return lines + line + "\n";
}

std::string list_item(const Field& field) {
  const std::string item = str("- `", field.key, "` (", type_and_rule(field), "; default `",
                               value_text(field), "`): ", field.help);
  return wrapped(item, "  ");
}

std::string heading(const Field& section) {
  return str("\n## ", section.key, "\n\n", wrapped(section.help), "\n");
}

constexpr const char* kIntroduction[] = {
    "Made by `selfreward config-schema --markdown`; edit the lists of `src/config/config.h` and of the "
    "`settings.h` files that it includes instead of this page.",
    "A configuration file is YAML; the dots of a key are levels of indentation, and what a file leaves out has "
    "its default. `--set key=value` on the command line overrides the file. `${NAME}` in a text is the "
    "environment variable NAME and a leading `~/` is the home directory."};

}  // namespace

std::string dump_config(const RunConfig& config) {
  RunConfig copy = config;
  std::string text = "# All settings of a run; `selfreward run FILE` accepts this file.\n\n";
  for (const Field& field : list_fields(copy)) text += yaml_lines(field);
  return text;
}

std::vector<SettingInfo> list_settings() {
  RunConfig defaults;
  std::vector<SettingInfo> settings;
  for (const Field& field : list_fields(defaults))
    if (!field.is_section())
      settings.push_back({field.key, type_and_rule(field), value_text(field), field.help});
  return settings;
}

std::string config_reference() {
  RunConfig defaults;
  std::string text = "# Settings\n";
  for (const char* paragraph : kIntroduction) text += "\n" + wrapped(paragraph);
  text += "\n";
  for (const Field& field : list_fields(defaults))
    text += field.is_section() ? heading(field) : list_item(field);
  return text;
}

}  // namespace selfreward
