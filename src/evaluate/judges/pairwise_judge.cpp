#include "evaluate/judges/pairwise_judge.h"

#include "base/in_row.h"
#include "base/placeholders.h"
#include "base/yaml_map.h"
#include "feedback/judging/matches_in_reply.h"
#include "feedback/judging/score_parser.h"

namespace selfreward {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Regex verdict_pattern_of(const YamlMap& yaml) {
  const std::string pattern = yaml.text("verdict_pattern");
  return at_place(yaml.place("verdict_pattern"), [&] { return Regex(pattern, /*ignore_case=*/true); });
}

}  // namespace

PairwiseRubric PairwiseRubric::load(const fs::path& path) {
  const YamlMap yaml = YamlMap::read(path, "[rubric]");
  yaml.allow({"name", "template", "verdict_pattern"});
  PairwiseRubric rubric;
  rubric.template_text = yaml.text("template");
  if (yaml.has("verdict_pattern")) rubric.verdict_pattern = verdict_pattern_of(yaml);
  check_placeholders(rubric.template_text, {"{instruction}", "{response_a}", "{response_b}"},
                     "[rubric] " + path.string() + ": the template");
  return rubric;
}

std::string PairwiseRubric::render(const std::string& instruction, const std::string& a,
                                   const std::string& b) const {
  return fill_placeholders(template_text,
                           {{"{instruction}", instruction}, {"{response_a}", a}, {"{response_b}", b}});
}

std::optional<Verdict> parse_verdict(const std::string& reply, const PairwiseRubric& rubric) {
  const auto matches = matches_in_reply(rubric.verdict_pattern, reply);
  if (matches.empty() || matches.back().size() < 2) return std::nullopt;
  const std::string name = lower(std::string(matches.back()[1].in(reply)));
  if (name == "a") return Verdict::first;
  if (name == "b") return Verdict::second;
  return Verdict::tie;
}

bool is_verdict_line(std::string_view line, const PairwiseRubric& rubric) {
  const auto matches = matches_in_reply(rubric.verdict_pattern, line);
  return !matches.empty() && begins_line(line, matches[0][0].begin);
}

}  // namespace selfreward
