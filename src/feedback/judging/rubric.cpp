#include "feedback/judging/rubric.h"

#include "base/error.h"
#include "base/in_row.h"
#include "base/placeholders.h"
#include "base/text_util.h"
#include "base/yaml_map.h"

namespace selfreward {

const char* const kDefaultScorePattern =
    R"((?i)\bscore(?:\h*\([^()\n]{0,40}\))?[\h*_`]*[:：])"  // "Score:", "**Score:**", "Score (0-5):"
    R"([\h*_`"'<\[(]*(?:[0-9][0-9.+\h]*=\h*)?)"             // "**", "<", "[", and a sum before its result
    R"((-?[0-9]++(?:\.[0-9]++)?+))"                         // group 1, never half a number
    R"((?![\p{L}\p{N}]|[.,][0-9]|\h+[0-9]|\h*(?:%|[-–+~]\h*[0-9]|(?:to|or)\h+[0-9])))"
    R"((?:[\h*_`"'>\])]*(?:/|out\h+of)\h*([0-9]++(?:\.[0-9]++)?+))?)";  // group 2: "/5", "out of 5"

namespace {

constexpr const char *kInstruction = "{instruction}", *kResponse = "{response}", *kScore = "{score}",
                     *kRequirement = "{requirement}", *kResponseA = "{response_a}",
                     *kResponseB = "{response_b}", *kEvidence = "{evidence}", *kVerdict = "{verdict}";

/// How many groups a pattern has: an empty alternative makes it match the empty text and report them all.
size_t num_groups(const std::string& pattern) {
  const auto match = Regex("(?:" + pattern + "\n)|").search("");
  return match ? match->size() - 1 : 0;
}

/// The pattern of the file; it has to say which part of a match is the score.
Regex pattern_of(const YamlMap& yaml, const std::string& key, const std::string& example,
                 bool ignore_case = false) {
  const std::string pattern = yaml.text(key), place = yaml.place(key);
  Regex regex = at_place(place, [&] { return Regex(pattern, ignore_case); });
  check(num_groups(pattern) >= 1, place, " '", pattern, "' has no group; put ", example);
  return regex;
}

/// One of the two words at the end of a line, perhaps with marks behind it.
Regex default_verdict_pattern(const Rubric& rubric) {
  return Regex("(?im)(?<![\\p{L}\\p{N}])(" + literal_pattern(rubric.yes) + "|" + literal_pattern(rubric.no) +
               ")[\\h.!*_\"'`)\\]]*$");
}

/// A key of another form is an error that says which form the template makes of the rubric.
void refuse_keys(const YamlMap& yaml, const std::vector<std::string>& keys, const char* form) {
  for (const std::string& key : keys)
    check(!yaml.has(key), yaml.place(key), " belongs to another form of rubric: the template has ", form);
}

void read_checklist(Rubric& rubric, const YamlMap& yaml) {
  refuse_keys(yaml, {"min_score", "score_pattern", "score_line"}, "{requirement}, as a checklist's");
  yaml.allow({"name", "template", "max_score", "verdict_pattern", "yes", "no", "reply", "requirements",
              "list_template"});
  rubric.list_template = yaml.text("list_template", "");
  if (yaml.has("list_template"))
    check_placeholders(rubric.list_template, {kInstruction}, yaml.place("list_template"));
  rubric.yes = yaml.text("yes", rubric.yes);
  rubric.no = yaml.text("no", rubric.no);
  rubric.reply = yaml.text("reply", rubric.reply);
  rubric.score_pattern =
      yaml.has("verdict_pattern")
          ? pattern_of(yaml, "verdict_pattern", "the words into parentheses, as in 'Verdict: (yes|no)'")
          : default_verdict_pattern(rubric);
  if (!yaml.has("requirements")) return;
  for (const std::string& wording : yaml.texts("requirements")) rubric.requirements.push_back({wording});
}

void read_points(Rubric& rubric, const YamlMap& yaml) {
  refuse_keys(yaml, {"verdict_pattern", "yes", "no", "reply", "requirements", "list_template"},
              "no {requirement}, which a checklist's has");
  yaml.allow({"name", "template", "min_score", "max_score", "score_pattern", "score_line"});
  rubric.min_score = yaml.number("min_score", rubric.min_score);
  rubric.score_line = yaml.text("score_line", rubric.score_line);
  if (yaml.has("score_pattern"))
    rubric.score_pattern =
        pattern_of(yaml, "score_pattern", "the number into parentheses, as in 'Score: ([0-9]+)'");
}

void read_pairwise(Rubric& rubric, const YamlMap& yaml) {
  refuse_keys(yaml, {"min_score", "score_pattern", "score_line", "yes", "no", "reply", "requirements"},
              "{response_a}, as one for two answers");
  yaml.allow({"name", "template", "max_score", "verdict_pattern", "verdict_line"});
  rubric.verdict_line = yaml.text("verdict_line", rubric.verdict_line);
  check_placeholders(rubric.verdict_line, {kVerdict}, yaml.place("verdict_line"));
  rubric.has_verdict_pattern = yaml.has("verdict_pattern");
  if (!rubric.has_verdict_pattern) return;
  rubric.score_pattern =
      pattern_of(yaml, "verdict_pattern", "the letters into parentheses, as in 'Verdict: (A|B|tie)'",
                 /*ignore_case=*/true);
}

JudgeForm form_of(const Rubric& rubric) {
  const auto has = [&](const char* name) { return rubric.template_text.find(name) != std::string::npos; };
  return has(kRequirement) ? JudgeForm::checklist : has(kResponseA) ? JudgeForm::pairwise : JudgeForm::rubric;
}

void read_yaml(Rubric& rubric, const fs::path& path) {
  const YamlMap yaml = YamlMap::read(
      path, "[rubric]", "keys and values (template: ...); is it a plain text? then name it .txt");
  rubric.template_text = yaml.text("template");
  rubric.form = form_of(rubric);
  if (rubric.form == JudgeForm::checklist) read_checklist(rubric, yaml);
  if (rubric.form == JudgeForm::pairwise) read_pairwise(rubric, yaml);
  if (rubric.form == JudgeForm::rubric) read_points(rubric, yaml);
  rubric.name = yaml.text("name", rubric.name);
  rubric.max_score = yaml.number("max_score", rubric.max_score);
}

void check_checklist(const Rubric& rubric, const fs::path& path) {
  check_placeholders(rubric.template_text, {kResponse, kRequirement},
                     "[rubric] " + path.string() + ": the template");
  check_placeholders(rubric.reply, {kVerdict}, "[rubric] " + path.string() + ": reply");
  check(!strip(rubric.yes).empty() && !strip(rubric.no).empty() && rubric.verdict_of(rubric.no) == false,
        "[rubric] ", path.string(), ": yes and no are '", rubric.yes, "' and '", rubric.no,
        "', wanted two words that differ by more than their case");
  check(rubric.max_score > 0, "[rubric] ", path.string(), ": max_score is ", rubric.max_score,
        ", wanted a number above 0");
  for (const ChecklistItem& item : rubric.requirements)
    check(!strip(item.wording).empty(), "[rubric] ", path.string(), ": an entry of requirements is empty");
}

void check_rubric(const Rubric& rubric, const fs::path& path) {
  const std::string place = "[rubric] " + path.string() + ": the template";
  if (rubric.form == JudgeForm::checklist) check_checklist(rubric, path);
  if (rubric.form == JudgeForm::pairwise)
    check_placeholders(rubric.template_text, {kInstruction, kResponseA, kResponseB}, place);
  if (rubric.form == JudgeForm::rubric)
    check_placeholders(rubric.template_text, {kInstruction, kResponse}, place);
  check(rubric.min_score < rubric.max_score, "[rubric] ", path.string(), ": min_score ", rubric.min_score,
        " is not below max_score ", rubric.max_score);
  check(rubric.score_line.find(kScore) != std::string::npos, "[rubric] ", path.string(), ": score_line is '",
        rubric.score_line, "', which has no ", kScore, "; as in 'Score: {score}'");
}

}  // namespace

Rubric Rubric::load(const fs::path& path) {
  Rubric rubric;
  rubric.name = path.stem().string();
  if (path.extension() == ".txt") {
    rubric.template_text = read_file(path);
    rubric.form = form_of(rubric);
    if (rubric.form == JudgeForm::checklist) rubric.score_pattern = default_verdict_pattern(rubric);
  } else {
    read_yaml(rubric, path);
  }
  if (rubric.form == JudgeForm::pairwise && !rubric.has_verdict_pattern)
    rubric.score_pattern = Regex("a^");  // matches nothing
  check_rubric(rubric, path);
  return rubric;
}

std::string to_string(JudgeForm form) {
  return form == JudgeForm::checklist ? "checklist" : form == JudgeForm::pairwise ? "pairwise" : "rubric";
}

std::string Rubric::render(std::string_view instruction, std::string_view response,
                           std::string_view requirement) const {
  std::vector<PlaceholderValue> values = {{"{{instruction}}", instruction},
                                          {"{{response}}", response},
                                          {kInstruction, instruction},
                                          {kResponse, response}};
  if (form == JudgeForm::checklist) {
    values.emplace_back("{{requirement}}", requirement);
    values.emplace_back(kRequirement, requirement);
  }
  return fill_placeholders(template_text, values);
}

std::optional<bool> Rubric::verdict_of(std::string_view word) const {
  const auto is = [&](const std::string& wanted) {
    return word == wanted ||
           Regex("\\A" + literal_pattern(wanted) + "\\z", /*ignore_case=*/true).matches(word);
  };
  if (is(yes)) return true;
  return is(no) ? std::optional(false) : std::nullopt;
}

std::string Rubric::reply_of(std::string_view evidence, bool met) const {
  return fill_placeholders(reply, {{kEvidence, evidence}, {kVerdict, met ? yes : no}});
}

std::string Rubric::score_line_of(double score) const {
  return fill_placeholders(score_line, {{kScore, str(score)}});
}

std::string Rubric::render_list(std::string_view instruction) const {
  return fill_placeholders(list_template, {{kInstruction, instruction}});
}

std::string Rubric::verdict_line_of(bool first_is_better) const {
  return fill_placeholders(verdict_line, {{kVerdict, first_is_better ? "A" : "B"}});
}

std::string render_two_answers(std::string_view template_text, std::string_view instruction,
                               std::string_view a, std::string_view b) {
  return fill_placeholders(std::string(template_text),
                           {{kInstruction, instruction}, {kResponseA, a}, {kResponseB, b}});
}

}  // namespace selfreward
