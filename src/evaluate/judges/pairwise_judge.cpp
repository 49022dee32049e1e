#include "evaluate/judges/pairwise_judge.h"

#include <yaml-cpp/yaml.h>

#include "base/placeholders.h"
#include "base/text_util.h"
#include "feedback/matches_in_reply.h"
#include "feedback/score_parser.h"

namespace selfreward {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

PairwiseRubric PairwiseRubric::load(const fs::path& path) {
  PairwiseRubric rubric;
  try {
    const YAML::Node yaml = YAML::Load(read_file(path));
    for (const auto& entry : yaml) {
      const auto key = entry.first.as<std::string>();
      if (key == "template") {
        rubric.template_text = entry.second.as<std::string>();
      } else if (key == "verdict_pattern") {
        rubric.verdict_pattern = Regex(entry.second.as<std::string>(), /*ignore_case=*/true);
      } else {
        check(key == "name", "[rubric] ", path.string(), ": unknown key '", key,
              "'; name, template and verdict_pattern are known");
      }
    }
  } catch (const YAML::Exception& e) {
    fail("[rubric] ", path.string(), " is not valid YAML: ", e.what());
  }
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
