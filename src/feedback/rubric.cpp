#include "feedback/rubric.h"

#include "base/error.h"
#include "base/in_row.h"
#include "base/placeholders.h"
#include "base/yaml_map.h"

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

/// The pattern of the file; it has to say which part of a match is the score.
Regex score_pattern_of(const YamlMap& yaml) {
  const std::string pattern = yaml.text("score_pattern"), place = yaml.place("score_pattern");
  Regex regex = at_place(place, [&] { return Regex(pattern); });
  check(num_groups(pattern) >= 1, place, " '", pattern,
        "' has no group; put the number into parentheses, as in 'Score: ([0-9]+)'");
  return regex;
}

void read_yaml(Rubric& rubric, const fs::path& path) {
  const YamlMap yaml = YamlMap::read(
      path, "[rubric]", "keys and values (template: ...); is it a plain text? then name it .txt");
  yaml.allow({"name", "template", "min_score", "max_score", "score_pattern", "score_line"});
  rubric.name = yaml.text("name", rubric.name);
  rubric.template_text = yaml.text("template");
  rubric.min_score = yaml.number("min_score", rubric.min_score);
  rubric.max_score = yaml.number("max_score", rubric.max_score);
  rubric.score_line = yaml.text("score_line", rubric.score_line);
  if (yaml.has("score_pattern")) rubric.score_pattern = score_pattern_of(yaml);
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
