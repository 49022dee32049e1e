#include "base/format.h"
#include "evaluate/benchmarks/reward_evaluation.h"

namespace selfreward {
namespace {

using Row = std::vector<std::string>;

/// Columns to the right, but the first `left` ones; an empty cell is "-".
std::string aligned(const std::vector<Row>& rows, size_t left) {
  std::vector<size_t> widths(rows.front().size(), 1);
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string cell = row[i].empty() ? "-" : row[i];
      line += (i == 0 ? "" : "  ") + (i < left ? pad_right(cell, widths[i]) : pad_left(cell, widths[i]));
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string number(const Json& value, int decimals, double scale = 1) {
  return value.is_number() ? fixed(value.get<double>() * scale, decimals) : "";
}

/// "[74.1, 82.9]"
std::string range(const Json& interval, int decimals, double scale) {
  if (!interval.is_array()) return " ";
  return "[" + number(interval[0], decimals, scale) + ", " + number(interval[1], decimals, scale) + "]";
}

/// Pairwise accuracy against the first judge's: "+3.1".
std::string difference(const Json& judge, const Json& first) {
  const Json &ours = judge["metrics"]["pairwise_acc"], &theirs = first["metrics"]["pairwise_acc"];
  if (&judge == &first || !ours.is_number() || !theirs.is_number()) return "";
  const double value = ours.get<double>() - theirs.get<double>();
  return (value < 0 ? "" : "+") + number(value, 1, 100);
}

std::string share_of(const Json& metrics, const char* part, const char* whole) {
  const double all = metrics[whole].get<double>();
  return all == 0 ? "" : number(metrics[part].get<double>() / all, 1, 100);
}

struct Column {
  const char *head, *metric;
  int decimals;
  double scale;
};
constexpr Column kColumns[] = {{"without ties %", "pairwise_acc_decided", 1, 100},
                               {"5-best %", "5best", 1, 100},
                               {"exact %", "exact_match", 1, 100},
                               {"Spearman", "spearman", 3, 1},
                               {"Kendall", "kendall_tau", 3, 1},
                               {"gap captured %", "gap_captured", 1, 100},
                               {"best of N %", "best_of_n", 1, 100}};

/// Two lines for each judge: the values, and their intervals below.
std::string metric_table(const Json& judges) {
  Row head{"judge", "rubric", "scores", "pairs %", "to the first"};
  for (const Column& column : kColumns) head.push_back(column.head);
  head.insert(head.end(), {"tied %", "unscored %"});
  std::vector<Row> rows{head};
  for (const Json& judge : judges) {
    const Json& metrics = judge["metrics"];
    const bool first = &judge == &judges[0];
    Row values{judge["model"], judge["rubric"], judge["scores"], number(metrics["pairwise_acc"], 1, 100),
               difference(judge, judges[0])};
    Row ranges{" ", " ", " ", range(judge["interval"]["pairwise_acc"], 1, 100),
               first ? " " : range(judge["difference_to_first"]["pairwise_acc"], 1, 100)};
    for (const Column& column : kColumns) {
      values.push_back(number(metrics[column.metric], column.decimals, column.scale));
      ranges.push_back(range(judge["interval"][column.metric], column.decimals, column.scale));
    }
    values.push_back(share_of(metrics, "tied_pairs", "pairs"));
    values.push_back(share_of(metrics, "unscored_answers", "answers"));
    ranges.insert(ranges.end(), {" ", " "});
    rows.push_back(std::move(values));
    rows.push_back(std::move(ranges));
  }
  return aligned(rows, 3);
}

/// One row for each score: what the answers with it are worth, and how many have which rank.
std::string score_table(const Json& judge) {
  const Json &confusion = judge["confusion"], &reliability = judge["reliability"];
  const bool gold = judge.contains("calibration_error");
  Row head{"score", "answers", "mean", "beaten %", "best %"};
  if (gold) head.push_back("gold");
  for (const Json& rank : confusion["ranks"]) head.push_back("rank " + rank.dump());
  std::vector<Row> rows{head};
  for (size_t i = 0; i < confusion["scores"].size(); ++i) {
    const Json& counts = confusion["counts"][i];
    int64_t answers = 0;
    for (const Json& count : counts) answers += count.get<int64_t>();
    Row row{"none", std::to_string(answers)};
    const Json line = i < reliability.size() ? reliability[i] : Json::object();
    if (i < reliability.size()) row[0] = line["score"].dump();
    for (const auto& [key, decimals, scale] :
         {std::tuple("mean_score", 2, 1.0), std::tuple("beaten", 1, 100.0), std::tuple("best", 1, 100.0)})
      row.push_back(number(line.value(key, Json()), decimals, scale));
    if (gold) row.push_back(number(line.value("gold", Json()), 2));
    for (const Json& count : counts) row.push_back(count.dump());
    if (i < reliability.size() || answers > 0) rows.push_back(std::move(row));
  }
  return aligned(rows, 0);
}

/// "[79, 84]"; nothing in a file of an earlier version.
std::string range_of(const Json& counts, const char* interval) {
  if (!counts.contains(interval)) return "";
  return str('[', number(counts[interval][0], 0, 100), ", ", number(counts[interval][1], 0, 100), ']');
}

/// A checklist's verdicts against the rules, one row for each kind of requirement.
std::string verdict_table(const Json& verdicts) {
  std::vector<Row> rows{{"requirement", "verdicts", "right %", "95 %", "majority %", "evidence exact %",
                         "95 %", "right of these %"}};
  const auto add = [&](const std::string& name, const Json& counts) {
    rows.push_back({name, counts["n"].dump(), share_of(counts, "right", "n"),
                    range_of(counts, "right_share_interval"), share_of(counts, "majority", "n"),
                    share_of(counts, "exact", "n"), range_of(counts, "exact_share_interval"),
                    share_of(counts, "exact_right", "exact")});
  };
  for (const auto& [kind, counts] : verdicts["kinds"].items()) add(kind, counts);
  add("all", verdicts["all"]);
  const std::string table = aligned(rows, 1);
  if (!verdicts["all"].contains("brier")) return table;
  return table + "Mean squared distance of P(yes) from the truth: " + number(verdicts["all"]["brier"], 3) +
         "\n";
}

}  // namespace

std::string reward_tables(const Json& summary) {
  std::string text =
      str("Agreement with the ranks of ", summary["prompts"].get<int64_t>(),
          " prompts; [ ] is the 95 % bootstrap interval over prompts, the same draws for all judges.\n",
          metric_table(summary["judges"]));
  for (const Json& judge : summary["judges"]) {
    if (!judge.contains("reliability")) continue;
    text += str("\nScores of ", judge["model"].get<std::string>(), ", ", judge["rubric"].get<std::string>(),
                ", ", judge["scores"].get<std::string>());
    if (judge.contains("calibration_error"))
      text += ": " + number(judge["calibration_error"], 2) + " from the true score on average";
    text += "\n" + score_table(judge);
    if (judge.contains("verdicts"))
      text += "\nIts verdicts, by kind of requirement:\n" + verdict_table(judge["verdicts"]);
  }
  return text;
}

}  // namespace selfreward
