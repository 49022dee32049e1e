#include "feedback/judging/score_parser.h"

#include <charconv>
#include <limits>

#include "feedback/judging/matches_in_reply.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

/// A number that a reply names; `in_range` is false too where it is on another scale than the rubric's.
struct NamedScore {
  double value = 0;
  bool in_range = false;
  size_t begin = 0;  // of the match
  size_t end = 0;    // byte after the number
};

std::optional<double> number_of(std::string_view digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// What group 1 says: a number, or yes (1) or no (0).
std::optional<double> value_of(std::string_view said, const Rubric& rubric) {
  if (rubric.form == JudgeForm::rubric) return number_of(said);
  const auto verdict = rubric.verdict_of(said);
  return verdict ? std::optional(*verdict ? 1.0 : 0.0) : std::nullopt;
}

std::vector<NamedScore> find_scores(std::string_view text, const Rubric& rubric) {
  std::vector<NamedScore> found;
  for (const Regex::Match& match : matches_in_reply(rubric.score_pattern, text)) {
    const auto value = value_of(match.at(1).in(text), rubric);
    if (!value) continue;  // a pattern with \d may catch digits of other scripts
    const bool names_scale = rubric.form == JudgeForm::rubric && match.size() > 2;
    const std::string_view scale = names_scale ? match[2].in(text) : "";
    const bool same_scale = scale.empty() || number_of(scale) == rubric.max_score;
    const bool in_range =
        same_scale && *value >= rubric.min_reply_score() && *value <= rubric.max_reply_score();
    found.push_back({*value, in_range, match[0].begin, match[1].end});
  }
  return found;
}

bool differ(const std::vector<NamedScore>& scores) {
  for (const NamedScore& score : scores)
    if (score.value != scores.back().value || score.in_range != scores.back().in_range) return true;
  return false;
}

/// "Score: 1" with the text ending there may be the start of 10 or 1.5; a word is whole.
bool may_go_on(const std::string& text, size_t end, const Rubric& rubric) {
  if (rubric.form == JudgeForm::checklist) return false;
  return text.find_first_not_of("0123456789.,", end) == std::string::npos;
}

/// What a checklist writes as a verdict has to be read as that.
void check_verdicts(const Rubric& rubric, const std::string& file) {
  for (const bool met : {true, false})
    for (const std::string& text : {rubric.reply_of("a reason", met), met ? rubric.yes : rubric.no}) {
      const JudgeReply reply = parse_judge_reply(text, FinishReason::stop, rubric);
      check(reply.score == (met ? 1.0 : 0.0), "[rubric] ", file, ": a reply '", text, "' is read as ",
            reply.score ? (*reply.score == 1 ? "yes" : "no") : to_string(*reply.failure), ", wanted ",
            met ? "yes" : "no", "; make verdict_pattern, yes, no and reply fit each other");
    }
}

}  // namespace

JudgeReply parse_judge_reply(std::string text, FinishReason finish_reason, const Rubric& rubric) {
  const std::string readable = repair_utf8(text);
  const auto scores = find_scores(readable, rubric);
  const bool cut = finish_reason == FinishReason::length;
  const auto failed = [&](JudgeFailure failure) {
    return JudgeReply{std::move(text), std::nullopt, failure};
  };
  if (scores.empty()) return failed(cut ? JudgeFailure::cut_off : JudgeFailure::no_score);
  if (cut && may_go_on(readable, scores.back().end, rubric)) return failed(JudgeFailure::cut_off);
  if (differ(scores)) return failed(JudgeFailure::several_scores);
  if (!scores.back().in_range) return failed(JudgeFailure::out_of_range);
  return {std::move(text), scores.back().value, std::nullopt};
}

bool is_score_line(std::string_view line, const Rubric& rubric) {
  const auto scores = find_scores(line, rubric);
  if (rubric.form == JudgeForm::checklist) return !scores.empty();  // the evidence stands before it
  return !scores.empty() && begins_line(line, scores.front().begin);
}

bool begins_line(std::string_view line, size_t at) {
  const std::string_view before = line.substr(0, at);
  return !before.starts_with(' ') && before.find_first_not_of(" *_#`>\"'[<(") == std::string_view::npos;
}

void check_score_line(const Rubric& rubric, const std::string& file) {
  if (rubric.form == JudgeForm::checklist) return check_verdicts(rubric, file);
  for (const double score : {rubric.min_score, rubric.max_score}) {
    const std::string line = rubric.score_line_of(score);
    const JudgeReply reply = parse_judge_reply("A reason.\n" + line, FinishReason::stop, rubric);
    check(reply.score == score, "[rubric] ", file, ": a judgement that ends with '", line, "' has ",
          reply.score ? str("the score ", *reply.score) : "no score (" + to_string(*reply.failure) + ")",
          " under the rubric's score_pattern, but judgements are to be written so; set score_line to a line "
          "that the pattern reads");
  }
}

std::optional<double> mean_score(const std::vector<JudgeReply>& replies, bool soft) {
  double sum = 0;
  int64_t count = 0;
  for (const JudgeReply& reply : replies) {
    const auto& score = soft ? reply.expected : reply.score;
    if (!score) continue;
    sum += *score;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace selfreward
