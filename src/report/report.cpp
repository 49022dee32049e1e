#include "report/report.h"

#include "base/format.h"
#include "base/placeholders.h"
#include "base/text_util.h"
#include "report/comparison.h"
#include "report/contents.h"
#include "report/run_files.h"

namespace selfreward {

// The files of page/, compiled in (cmake/EmbedFile.cmake).
extern const std::string_view kPageHtml, kPageStyle, kReportScript, kCompareScript;

namespace {

using Row = std::vector<std::string>;

std::string number(std::optional<double> value, int decimals, double scale = 1) {
  return value ? fixed(*value * scale, decimals) : "-";
}

/// "37/13": won and lost in percent by `name` against `other`; the true score is asked before the judge.
std::string won_and_lost(const Json& evaluation, const std::string& name, const std::string& other) {
  const Json duels = evaluation.value("head_to_head", Json::array());
  for (const char* by : {"gold", "judge"})
    for (const Json& duel : duels) {
      if (!duel.is_object() || duel.value("by", Json()) != by) continue;
      const Json a = duel.value("a", Json()), b = duel.value("b", Json());
      const auto win = number_at(duel, "/win"), lose = number_at(duel, "/lose");
      if (a == name && b == other) return number(win, 0, 100) + "/" + number(lose, 0, 100);
      if (a == other && b == name) return number(lose, 0, 100) + "/" + number(win, 0, 100);
    }
  return "-";
}

Row judge_columns(const Json& metrics) {
  return {number(number_at(metrics, "/pairwise_accuracy"), 1, 100),
          number(number_at(metrics, "/five_best"), 1, 100),
          number(number_at(metrics, "/exact_match"), 1, 100), number(number_at(metrics, "/spearman"), 3),
          number(number_at(metrics, "/kendall_tau"), 3)};
}

Row model_row(const Json& evaluation, const Json& model, const std::string& previous) {
  const std::string name = model["name"];
  Row row{name,
          number(number_at(model, "/gold/sampled/mean"), 2),
          number(number_at(model, "/gold/greedy/mean"), 2),
          number(number_at(model, "/gold/sampled/all_met"), 0, 100),
          won_and_lost(evaluation, name, model_name(1)),
          won_and_lost(evaluation, name, previous)};
  for (std::string& cell : judge_columns(model.value("reward_model", Json()))) row.push_back(std::move(cell));
  row.push_back(number(number_at(model, "/answer_tokens_mean"), 1));
  row.push_back(number(number_at(model, "/stopped_share"), 0, 100));
  return row;
}

/// Bytes are columns here: names of models are plain ASCII.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row& row : rows) {
    text += pad_right(row[0], widths[0]);
    for (size_t i = 1; i < row.size(); ++i) text += "  " + pad_left(row[i], widths[i]);
    text += '\n';
  }
  return text;
}

/// Leaves out the columns in which no model has a value.
std::vector<Row> without_empty_columns(const std::vector<Row>& rows) {
  std::vector<Row> kept(rows.size());
  for (size_t i = 0; i < rows.front().size(); ++i) {
    bool empty = true;
    for (size_t r = 1; r < rows.size(); ++r) empty = empty && rows[r][i] == "-";
    for (size_t r = 0; r < rows.size() && !empty; ++r) kept[r].push_back(rows[r][i]);
  }
  return kept;
}

/// JSON that is harmless inside <script>: "<" could end the element or open a comment.
std::string embeddable(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace))
    c == '<' ? text += "\\u003c" : text += c;
  return text;
}

std::string html_escaped(const std::string& text) {
  return replace_all(replace_all(text, "&", "&amp;"), "<", "&lt;");
}

void write_page(const fs::path& path, const std::string& table, const Json& data, std::string_view script) {
  check_placeholders(kPageHtml, {"{{STYLE}}", "{{TABLE}}", "{{DATA}}", "{{SCRIPT}}"}, "[report] page.html");
  write_file_atomically(path, fill_placeholders(kPageHtml, {{"{{STYLE}}", kPageStyle},
                                                            {"{{TABLE}}", html_escaped(table)},
                                                            {"{{DATA}}", embeddable(data)},
                                                            {"{{SCRIPT}}", script}}));
}

}  // namespace

void write_report(const fs::path& run_dir) {
  write_page(RunPaths(run_dir).report(), result_table(run_dir), report_contents(run_dir), kReportScript);
}

void write_comparison(const std::vector<fs::path>& run_dirs, const fs::path& out) {
  const Json comparison = compare_runs(run_dirs);
  std::string tables;
  for (size_t i = 0; i < run_dirs.size(); ++i)
    tables += comparison["runs"][i]["name"].get<std::string>() + "\n" + result_table(run_dirs[i]) + "\n";
  write_page(out, tables, comparison, kCompareScript);
}

std::string result_table(const fs::path& run_dir) {
  const Json evaluation = read_evaluation(RunPaths(run_dir));
  if (evaluation.empty() || evaluation["models"].empty())
    return str("No model of ", run_dir.string(), " has been evaluated yet.\n");
  std::vector<Row> rows{{"model", "gold", "greedy", "all met %", "vs M1 %", "vs prev %", "pairs %",
                         "5-best %", "exact %", "Spearman", "Kendall", "tokens", "ended %"}};
  std::string previous;
  for (const Json& model : evaluation["models"]) {
    rows.push_back(model_row(evaluation, model, previous));
    previous = model["name"];
  }
  const Json null_judges = evaluation.value("null_judges", Json::object());
  for (const auto& [name, metrics] : null_judges.items()) {
    Row row{name + " judge", "-", "-", "-", "-", "-"};
    for (std::string& cell : judge_columns(metrics)) row.push_back(std::move(cell));
    row.insert(row.end(), {"-", "-"});
    rows.push_back(std::move(row));
  }
  return aligned(without_empty_columns(rows));
}

}  // namespace selfreward
