#pragma once
// A true score of answers, where the task has one: rules of regular expressions in a YAML file. For tasks
// whose requirements a program can check; it tells whether the model's own judgement is worth something.
//   const auto gold = GoldScorer::load("playground/gold.yaml").score(prompt, answer);
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/regex.h"
#include "gold/verifiable.h"

namespace selfreward {

class YamlMap;

/// The file's keys:
///   prompt_pattern  regex of a whole prompt; other prompts have no gold score
///   answer_pattern  regex of a whole answer, may be missing; other answers score 0
///   max_score       the most that an answer can reach
///   rules           list of {when, then}: a rule applies when `when` is found in the prompt, and adds 1 when
///                   `then` is found in the answer; $1 .. $9 in `then` are what the groups of `when` caught,
///                   taken literally
/// White space at the ends of prompts and answers is ignored.
/// Instead of patterns and rules the file may have
///   requirements    list of JSONL files, beside this one, of prompts that carry their requirements
///                   (verifiable.h): the score is max_score times the share of requirements that are met
class GoldScorer {
 public:
  /// Throws Error with the file, the line, the key and the reason.
  static GoldScorer load(const fs::path& file);
  /// The file itself, and those that it names: what load() reads.
  static std::vector<fs::path> files(const fs::path& yaml);

  /// The number of rules that apply and are met, or nullopt for a prompt without a gold score.
  std::optional<double> score(const std::string& prompt, const std::string& answer) const;
  double max_score() const { return max_score_; }
  /// Why an answer has less than the maximum, in words; empty where only rules say so.
  std::vector<std::string> misses(const std::string& prompt, const std::string& answer) const;

 private:
  struct Rule {
    Regex when;
    std::string then;
  };
  GoldScorer(Regex prompt_pattern, std::optional<Regex> answer_pattern, std::vector<Rule> rules,
             double max_score);
  static GoldScorer with_requirements(const YamlMap& yaml, const fs::path& file);
  static GoldScorer with_rules(const YamlMap& yaml);
  static Rule make_rule(const YamlMap& yaml);
  void add_requirements(const fs::path& jsonl);
  const Requirements* requirements_of(const std::string& prompt) const;
  double rules_score(const std::string& asked, const std::string& given) const;

  std::map<std::string, Requirements> requirements_;  // by prompt
  Regex prompt_pattern_;
  std::optional<Regex> answer_pattern_;
  std::vector<Rule> rules_;
  double max_score_;
};

}  // namespace selfreward
