#include "feedback/gold.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

const std::vector<std::string> kKeys = {"prompt_pattern", "answer_pattern", "max_score", "rules"};
const std::vector<std::string> kRuleKeys = {"when", "then"};

/// A regex that matches a whole text only.
Regex whole(const std::string& pattern) {
  return Regex("\\A(?:" + pattern + ")\\z");
}

bool is_group(std::string_view text, size_t at) {
  return at + 1 < text.size() && text[at] == '$' && text[at + 1] >= '1' && text[at + 1] <= '9';
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

GoldScorer GoldScorer::load(const fs::path& yaml) {
  const std::string text = read_file(yaml);
  return located("[gold] " + yaml.string(), [&] {
    const YAML::Node root = YAML::Load(text);
    check_keys(root, kKeys);
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

std::optional<double> GoldScorer::score(const std::string& prompt, const std::string& answer) const {
  const std::string asked = strip(prompt), given = strip(answer);
  if (!prompt_pattern_.matches(asked)) return std::nullopt;
  if (answer_pattern_ && !answer_pattern_->matches(given)) return 0.0;
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

}  // namespace selfreward
