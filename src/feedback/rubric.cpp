#include "feedback/rubric.h"

#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "base/placeholders.h"
#include "base/text_util.h"

namespace selfreward {

const char* const kDefaultScorePattern =
    R"((?i)\bscore(?:\h*\([^()\n]{0,40}\))?[\h*_`]*[:：])"  // "Score:", "**Score:**", "Score (0-5):"
    R"([\h*_`"'<\[(]*(?:[0-9][0-9.+\h]*=\h*)?)"             // "**", "<", "[", and a sum before its result
    R"((-?[0-9]++(?:\.[0-9]++)?+))"                         // group 1, never half a number
    R"((?![\p{L}\p{N}]|[.,][0-9]|\h+[0-9]|\h*(?:%|[-–+~]\h*[0-9]|(?:to|or)\h+[0-9])))"
    R"((?:[\h*_`"'>\])]*(?:/|out\h+of)\h*([0-9]++(?:\.[0-9]++)?+))?)";  // group 2: "/5", "out of 5"

namespace {

constexpr const char *kInstruction = "{instruction}", *kResponse = "{response}", *kScore = "{score}";

/// How many groups a pattern has: an empty alternative makes it match the empty text and report them all.
size_t num_groups(const std::string& pattern) {
  const auto match = Regex("(?:" + pattern + "\n)|").search("");
  return match ? match->size() - 1 : 0;
}

template <typename T>
T value_of(const YAML::Node& node, const std::string& key, const fs::path& path, const char* wanted) {
  try {
    return node.as<T>();
  } catch (const YAML::Exception&) {
    fail("[rubric] ", path.string(), ", line ", node.Mark().line + 1, ": ", key, " must be ", wanted);
  }
}

void set_field(Rubric& rubric, const std::string& key, const YAML::Node& value, const fs::path& path) {
  static const std::vector<std::string> kKeys = {"name",      "template",      "min_score",
                                                 "max_score", "score_pattern", "score_line"};
  if (key == "name")
    rubric.name = value_of<std::string>(value, key, path, "a text");
  else if (key == "template")
    rubric.template_text = value_of<std::string>(value, key, path, "a text");
  else if (key == "min_score")
    rubric.min_score = value_of<double>(value, key, path, "a number");
  else if (key == "max_score")
    rubric.max_score = value_of<double>(value, key, path, "a number");
  else if (key == "score_line")
    rubric.score_line = value_of<std::string>(value, key, path, "a text");
  else if (key == "score_pattern") {
    const auto pattern = value_of<std::string>(value, key, path, "a text");
    rubric.score_pattern = Regex(pattern);
    check(num_groups(pattern) >= 1, "[rubric] ", path.string(), ": score_pattern '", pattern,
          "' has no group; put the number into parentheses, as in 'Score: ([0-9]+)'");
  } else {
    const std::string near = nearest(key, kKeys);
    fail("[rubric] ", path.string(), ": unknown key '", key, "'",
         near.empty() ? "" : "; did you mean '" + near + "'?",
         " Known are name, template, min_score, max_score, score_pattern, score_line");
  }
}

void read_yaml(Rubric& rubric, const fs::path& path) {
  try {
    const YAML::Node root = YAML::Load(read_file(path));
    check(root.IsMap(), "[rubric] ", path.string(),
          ": expected keys and values (template: ...); is it a plain text? ", "then name it .txt");
    for (const auto& entry : root) set_field(rubric, entry.first.Scalar(), entry.second, path);
  } catch (const YAML::Exception& e) {
    fail("[rubric] ", path.string(), " is not valid YAML: line ", e.mark.line + 1, ": ", e.msg);
  }
}

void check_rubric(const Rubric& rubric, const fs::path& path) {
  check_placeholders(rubric.template_text, {kInstruction, kResponse},
                     "[rubric] " + path.string() + ": the template");
  check(rubric.min_score < rubric.max_score, "[rubric] ", path.string(), ": min_score ", rubric.min_score,
        " is not below max_score ", rubric.max_score);
  check(rubric.score_line.find(kScore) != std::string::npos, "[rubric] ", path.string(), ": score_line is '",
        rubric.score_line, "', which has no ", kScore, "; as in 'Score: {score}'");
}

}  // namespace

Rubric Rubric::load(const fs::path& path) {
  Rubric rubric;
  rubric.name = path.stem().string();
  if (path.extension() == ".txt")
    rubric.template_text = read_file(path);
  else
    read_yaml(rubric, path);
  check_rubric(rubric, path);
  return rubric;
}

std::string Rubric::render(std::string_view instruction, std::string_view response) const {
  return fill_placeholders(template_text, {{"{{instruction}}", instruction},
                                           {"{{response}}", response},
                                           {kInstruction, instruction},
                                           {kResponse, response}});
}

std::string Rubric::score_line_of(double score) const {
  return fill_placeholders(score_line, {{kScore, str(score)}});
}

}  // namespace selfreward
