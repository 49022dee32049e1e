#include "gold/scorer.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "base/in_row.h"
#include "base/text_util.h"
#include "base/yaml_map.h"

namespace selfreward {
namespace {

const std::vector<std::string> kKeys = {"prompt_pattern", "answer_pattern", "max_score", "rules"};
const std::vector<std::string> kRequirementKeys = {"max_score", "requirements"};
const std::vector<std::string> kRuleKeys = {"when", "then"};

/// A regex that matches a whole text only.
Regex whole(const std::string& pattern) {
  return Regex("\\A(?:" + pattern + ")\\z");
}

bool is_group(std::string_view text, size_t at) {
  return at + 1 < text.size() && text[at] == '$' && text[at + 1] >= '1' && text[at + 1] <= '9';
}

/// The files that the key "requirements" names, beside the YAML file; none where there is no such key.
std::vector<fs::path> requirement_files(const YamlMap& yaml, const fs::path& file) {
  std::vector<fs::path> files;
  if (!yaml.has("requirements")) return files;
  for (const std::string& name : yaml.texts("requirements")) files.push_back(file.parent_path() / name);
  return files;
}

double max_score_of(const YamlMap& yaml) {
  const double score = yaml.number("max_score");
  check(score > 0, yaml.place("max_score"), " is ", score, ", it must be more than 0");
  return score;
}

/// `text` as a regex that matches it literally.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && !std::isalnum(byte)) out += '\\';
    out += c;
  }
  return out;
}

/// `pattern` with $1 .. $9 replaced by values[1] .. values[9].
std::string with_groups(const std::string& pattern, const std::vector<std::string>& values) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (is_group(pattern, i)) {
      out += escaped(values[static_cast<size_t>(pattern[++i] - '0')]);
    } else {
      out += pattern[i];
    }
  }
  return out;
}

size_t largest_group(const std::string& pattern) {
  size_t largest = 0;
  for (size_t i = 0; i < pattern.size(); ++i)
    if (is_group(pattern, i)) largest = std::max(largest, static_cast<size_t>(pattern[i + 1] - '0'));
  return largest;
}

/// How many groups a pattern has: an alternative that always matches shows them all.
size_t count_groups(const std::string& pattern) {
  return Regex("(?:" + pattern + ")|").search("")->size() - 1;
}

/// A regex that matches whole texts, from the value of `key`.
Regex whole_pattern(const YamlMap& yaml, const char* key) {
  const std::string pattern = yaml.text(key);
  return at_place(yaml.place(key), [&] { return whole(pattern); });
}

}  // namespace

GoldScorer::GoldScorer(Regex prompt_pattern, std::optional<Regex> answer_pattern, std::vector<Rule> rules,
                       double max_score)
    : prompt_pattern_(std::move(prompt_pattern)),
      answer_pattern_(std::move(answer_pattern)),
      rules_(std::move(rules)),
      max_score_(max_score) {}

GoldScorer::Rule GoldScorer::make_rule(const YamlMap& yaml) {
  yaml.allow(kRuleKeys);
  const std::string when = yaml.text("when"), then = yaml.text("then");
  Rule rule{at_place(yaml.place("when"), [&] { return Regex(when); }), then};
  at_place(yaml.place("then"), [&] {
    const size_t groups = count_groups(when), largest = largest_group(then);
    check(largest <= groups, "'", then, "' uses $", largest, " but '", when, "' has ", groups, " groups");
    // A mistake in `then` shows now, not at the first answer.
    Regex(with_groups(then, std::vector<std::string>(10, "1")));
  });
  return rule;
}

std::vector<fs::path> GoldScorer::files(const fs::path& yaml) {
  std::vector<fs::path> files{yaml};
  const auto named = requirement_files(YamlMap::read(yaml, "[gold]"), yaml);
  files.insert(files.end(), named.begin(), named.end());
  return files;
}

void GoldScorer::add_requirements(const fs::path& jsonl) {
  for (VerifiablePrompt& row : read_verifiable(jsonl)) {
    const auto [place, is_new] = requirements_.emplace(strip(row.prompt), row.requirements);
    check(is_new || place->second == row.requirements, jsonl.string(), ": '", row.id,
          "' asks for something else than an earlier row with the same prompt; remove one of them");
  }
}

GoldScorer GoldScorer::load(const fs::path& file) {
  const YamlMap yaml = YamlMap::read(file, "[gold]");
  const bool carried = yaml.has("requirements");
  yaml.allow(carried ? kRequirementKeys : kKeys);
  return carried ? with_requirements(yaml, file) : with_rules(yaml);
}

GoldScorer GoldScorer::with_requirements(const YamlMap& yaml, const fs::path& file) {
  GoldScorer scorer(Regex("(?!)"), std::nullopt, {}, max_score_of(yaml));
  for (const fs::path& rows : requirement_files(yaml, file))
    at_place("[gold] " + file.string(), [&] { scorer.add_requirements(rows); });
  check(!scorer.requirements_.empty(), yaml.place("requirements"), " names no file with a prompt");
  return scorer;
}

GoldScorer GoldScorer::with_rules(const YamlMap& yaml) {
  GoldScorer scorer(whole_pattern(yaml, "prompt_pattern"), std::nullopt, {}, max_score_of(yaml));
  if (yaml.has("answer_pattern")) scorer.answer_pattern_ = whole_pattern(yaml, "answer_pattern");
  for (const YamlMap& rule : yaml.maps("rules")) scorer.rules_.push_back(make_rule(rule));
  check(!scorer.rules_.empty(), yaml.place("rules"), " is empty, expected a list of {when, then}");
  return scorer;
}

const Requirements* GoldScorer::requirements_of(const std::string& prompt) const {
  const auto found = requirements_.find(strip(prompt));
  return found == requirements_.end() ? nullptr : &found->second;
}

std::optional<double> GoldScorer::score(const std::string& prompt, const std::string& answer) const {
  if (const Requirements* carried = requirements_of(prompt))
    return max_score_ * check_requirements(*carried, prompt, answer).share();
  const std::string asked = strip(prompt), given = strip(answer);
  try {
    if (!prompt_pattern_.matches(asked)) return std::nullopt;
    if (answer_pattern_ && !answer_pattern_->matches(given)) return 0.0;
    return rules_score(asked, given);
  } catch (const RegexLimit& limit) {
    fail("[gold] prompt_pattern, answer_pattern or a rule of the gold score: ", limit.what());
  }
}

double GoldScorer::rules_score(const std::string& asked, const std::string& given) const {
  double score = 0;
  for (const Rule& rule : rules_) {
    const auto match = rule.when.search(asked);
    if (!match) continue;
    std::vector<std::string> values(10);
    for (size_t i = 0; i < std::min(match->size(), values.size()); ++i) values[i] = (*match)[i].in(asked);
    score += Regex(with_groups(rule.then, values)).matches(given);
  }
  return score;
}

std::vector<std::string> GoldScorer::misses(const std::string& prompt, const std::string& answer) const {
  const Requirements* carried = requirements_of(prompt);
  return carried ? check_requirements(*carried, prompt, answer).misses() : std::vector<std::string>();
}

}  // namespace selfreward
