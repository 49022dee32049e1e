#include "evaluate/statistics/head_to_head.h"

#include <array>
#include <map>

#include "base/format.h"
#include "evaluate/statistics/length_control.h"
#include "evaluate/statistics/paired_statistics.h"

namespace selfreward {
namespace {

using Group = std::vector<const ComparedAnswers*>;

Json group_summary(const Group& group, const Seed& seed) {
  std::vector<double> preferences;
  int64_t wins = 0, ties = 0, losses = 0;
  for (const ComparedAnswers* answers : group) {
    if (!answers->preference) continue;
    const double p = *answers->preference;
    preferences.push_back(p);
    ++(p > 0.5 ? wins : p < 0.5 ? losses : ties);
  }
  const auto interval = bootstrap_interval(preferences, seed);
  return {{"n", std::ssize(preferences)},
          {"missing", std::ssize(group) - std::ssize(preferences)},
          {"wins", wins},
          {"ties", ties},
          {"losses", losses},
          {"win_rate", value_or_null(mean_of(preferences))},
          {"standard_error", value_or_null(standard_error_of(preferences))},
          {"interval_95", interval ? Json{interval->low, interval->high} : Json(nullptr)}};
}

std::string length_bucket(const ComparedAnswers& answers) {
  const double ratio =
      static_cast<double>(answers.first_length) / std::max(1.0, static_cast<double>(answers.second_length));
  return ratio < 0.8 ? "shorter" : ratio > 1.25 ? "longer" : "like length";
}

Json grouped(const std::map<std::string, Group>& groups, const Seed& seed) {
  Json summary = Json::object();
  for (const auto& [name, group] : groups) summary[name] = group_summary(group, seed.child(name));
  return summary;
}

Json length_controlled(const std::vector<ComparedAnswers>& answers) {
  std::vector<LengthControlRow> rows;
  for (const ComparedAnswers& row : answers)
    rows.push_back(
        {row.preference, static_cast<double>(row.second_length), static_cast<double>(row.first_length)});
  std::string why_not;
  const auto control = length_control(rows, {}, why_not);
  if (!control) return {{"missing", why_not}};
  return {{"win_rate", control->win_rate},
          {"standard_error", value_or_null(control->standard_error)},
          {"formula", control->formula},
          {"weights", {{"length", control->weight_length}, {"model", control->weight_model}}}};
}

/// How often the judge liked what it was shown first. Without liking for a place the share is a half.
Json position(const std::vector<ComparedAnswers>& answers) {
  int64_t verdicts = 0, ties = 0, first = 0, pairs = 0, disagreements = 0;
  for (const ComparedAnswers& row : answers) {
    for (const auto& verdict : {row.verdicts.shown_first, row.verdicts.shown_second}) {
      if (!verdict) continue;
      ++verdicts;
      ties += *verdict == Verdict::tie;
      first += *verdict == Verdict::first;
    }
    if (!row.verdicts.shown_first || !row.verdicts.shown_second) continue;
    ++pairs;
    const auto swapped = [](Verdict verdict) {
      return verdict == Verdict::tie ? verdict : verdict == Verdict::first ? Verdict::second : Verdict::first;
    };
    disagreements += *row.verdicts.shown_first != swapped(*row.verdicts.shown_second);
  }
  if (verdicts == 0) return nullptr;
  const int64_t decided = verdicts - ties;
  return {
      {"verdicts", verdicts},
      {"ties", ties},
      {"first_shown_wins", first},
      {"share", decided ? Json(static_cast<double>(first) / static_cast<double>(decided)) : Json(nullptr)},
      {"pairs", pairs},
      {"disagreements", disagreements}};
}

std::string percent(const Json& share) {
  return share.is_number() ? fixed(share.get<double>() * 100, 1) : "-";
}

std::string interval_text(const Json& interval) {
  return interval.is_array() ? percent(interval[0]) + " - " + percent(interval[1]) : "-";
}

std::string shares(const Json& group) {
  const auto n = group.at("n").get<double>();
  if (n == 0) return "-";
  const auto share = [&](const char* key) { return fixed(100 * group.at(key).get<double>() / n, 0); };
  return share("wins") + " / " + share("ties") + " / " + share("losses");
}

/// A line of the table: the cells in their columns.
std::string columns(const std::array<std::string, 8>& cells) {
  return str(pad_right(cells[0], 36), " ", pad_left(cells[1], 6), " ", pad_left(cells[2], 8), "  ",
             pad_right(cells[3], 16), " ", pad_left(cells[4], 6), " ", pad_left(cells[5], 6), "  ",
             pad_right(cells[6], 14), " ", pad_left(cells[7], 6), "\n");
}

std::string line(const std::string& name, const Json& group, const std::string& controlled) {
  const auto count = [&](const char* key) { return std::to_string(group.at(key).get<int64_t>()); };
  return columns({name.substr(0, 36), count("n"), count("missing"), shares(group),
                  percent(group.at("win_rate")), percent(group.at("standard_error")),
                  interval_text(group.at("interval_95")), controlled});
}

std::string pair_lines(const Json& pair) {
  const Json& controlled = pair.at("length_controlled");
  std::string text = line(pair.at("a").get<std::string>() + " against " + pair.at("b").get<std::string>(),
                          pair, controlled.contains("win_rate") ? percent(controlled.at("win_rate")) : "-");
  for (const char* kind : {"categories", "lengths"})
    for (const auto& [name, group] : pair.at(kind).items()) text += line("  " + name, group, "");
  if (controlled.contains("win_rate") &&
      is_far(pair.at("win_rate").get<double>(), controlled.at("win_rate").get<double>()))
    text += "  the length-controlled rate (LC) is far from the plain one; its fit may have failed\n";
  if (pair.at("n") == 0 && pair.at("missing") > 0)
    text += "  no pair has a verdict in both orders; does the judge answer as its rubric asks?\n";
  const Json& place = pair.at("position");
  if (place.is_object() && place.at("pairs") > 0)
    text += str("  shown first, it won ", percent(place.at("share")), " % of the decided verdicts; ",
                place.at("disagreements"), " of ", place.at("pairs"), " pairs disagree between the orders\n");
  return text;
}

}  // namespace

Json head_to_head(const std::vector<ComparedAnswers>& answers, const Seed& seed) {
  Group all;
  std::map<std::string, Group> categories, lengths;
  for (const ComparedAnswers& row : answers) {
    all.push_back(&row);
    if (!row.category.empty()) categories[row.category].push_back(&row);
    lengths[length_bucket(row)].push_back(&row);
  }
  Json summary = group_summary(all, seed);
  summary["length_controlled"] = length_controlled(answers);
  summary["position"] = position(answers);
  summary["categories"] = grouped(categories, seed.child("category"));
  summary["lengths"] = grouped(lengths, seed.child("length"));
  return summary;
}

std::string head_to_head_table(const Json& pairs) {
  std::string text = columns(
      {"rates in percent", "n", "missing", "win / tie / lose", "rate", "s.e.", "95 % interval", "LC"});
  for (const Json& pair : pairs) text += pair_lines(pair);
  return text;
}

}  // namespace selfreward
