#include "gold/scorer.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "base/text_util.h"

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
std::vector<fs::path> requirement_files(const YAML::Node& root, const fs::path& yaml) {
  std::vector<fs::path> files;
  if (!root.IsMap() || !root["requirements"].IsDefined()) return files;
  for (const auto& file : root["requirements"].as<std::vector<std::string>>())
    files.push_back(yaml.parent_path() / file);
  return files;
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

/// The result of `work`; whatever goes wrong in it is reported with `where` in front.
template <typename Work>
auto located(const std::string& where, Work&& work) {
  try {
    return work();
  } catch (const std::exception& e) {  // Error of ours or of a regex, YAML::Exception
    fail(where, ": ", e.what());
  }
}

void check_keys(const YAML::Node& map, const std::vector<std::string>& known) {
  check(map.IsMap(), "must be a map of keys and values");
  for (const auto& entry : map) {
    const auto key = entry.first.as<std::string>();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = nearest(key, known);
    fail("unknown key '", key, "'", near.empty() ? "" : "; did you mean '" + near + "'?");
  }
}

template <typename T>
T required(const YAML::Node& map, const char* key) {
  check(map[key].IsDefined() && map[key].IsScalar(), "needs the key '", key, "' with one value");
  return map[key].as<T>();
}

}  // namespace

GoldScorer::GoldScorer(Regex prompt_pattern, std::optional<Regex> answer_pattern, std::vector<Rule> rules,
                       double max_score)
    : prompt_pattern_(std::move(prompt_pattern)),
      answer_pattern_(std::move(answer_pattern)),
      rules_(std::move(rules)),
      max_score_(max_score) {}

GoldScorer::Rule GoldScorer::make_rule(const std::string& when, const std::string& then) {
  Rule rule{Regex(when), then};
  const size_t groups = count_groups(when), largest = largest_group(then);
  check(largest <= groups, "'", then, "' uses $", largest, " but '", when, "' has ", groups, " groups");
  // A mistake in `then` shows now, not at the first answer.
  Regex(with_groups(then, std::vector<std::string>(10, "1")));
  return rule;
}

std::vector<fs::path> GoldScorer::files(const fs::path& yaml) {
  std::vector<fs::path> files{yaml};
  const std::string text = read_file(yaml);
  const auto named =
      located("[gold] " + yaml.string(), [&] { return requirement_files(YAML::Load(text), yaml); });
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

GoldScorer GoldScorer::load(const fs::path& yaml) {
  const std::string text = read_file(yaml);
  return located("[gold] " + yaml.string(), [&] {
    const YAML::Node root = YAML::Load(text);
    const bool carried = root.IsMap() && root["requirements"].IsDefined();
    check_keys(root, carried ? kRequirementKeys : kKeys);
    if (carried) {
      GoldScorer scorer(Regex("(?!)"), std::nullopt, {}, required<double>(root, "max_score"));
      check(scorer.max_score_ > 0, "max_score is ", scorer.max_score_, ", it must be more than 0");
      for (const fs::path& file : requirement_files(root, yaml)) scorer.add_requirements(file);
      check(!scorer.requirements_.empty(), "requirements names no file with a prompt");
      return scorer;
    }
    GoldScorer scorer(whole(required<std::string>(root, "prompt_pattern")), std::nullopt, {},
                      required<double>(root, "max_score"));
    check(scorer.max_score_ > 0, "max_score is ", scorer.max_score_, ", it must be more than 0");
    if (root["answer_pattern"].IsDefined())
      scorer.answer_pattern_ = whole(required<std::string>(root, "answer_pattern"));
    const YAML::Node rules = root["rules"];
    check(rules && rules.IsSequence() && rules.size() > 0, "needs 'rules', a list of {when, then}");
    for (size_t i = 0; i < rules.size(); ++i)
      scorer.rules_.push_back(located(str("rule ", i + 1), [&] {
        check_keys(rules[i], kRuleKeys);
        return make_rule(required<std::string>(rules[i], "when"), required<std::string>(rules[i], "then"));
      }));
    return scorer;
  });
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
