#include "report/report.h"

#include <doctest/doctest.h>

#include <array>

#include "base/text_util.h"
#include "data/jsonl.h"
#include "report/contents.h"
#include "report/curves.h"
#include "report/data.h"
#include "report/run_files.h"
#include "report/samples.h"
#include "support/report_example.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

/// The example run with its report, and a second one with their comparison; made once, and left there for
/// tests/report_browser_test.sh.
const fs::path& example() {
  static const fs::path dir = [] {
    const fs::path path = SELFREWARD_REPORT_EXAMPLE;
    fs::remove_all(path);
    write_example_run(path);
    write_report(path);
    const fs::path other = path.parent_path() / "report_example_2";
    fs::remove_all(other);
    write_example_run(other, 0.1);
    write_comparison({path, other}, other / "compare.html");
    return path;
  }();
  return dir;
}

/// What stands between the tags of the embedded data.
std::string embedded_data(const std::string& html) {
  const std::string tag = "<script type=\"application/json\" id=\"data\">";
  const size_t begin = html.find(tag) + tag.size();
  return html.substr(begin, html.find("</script>", begin) - begin);
}

size_t occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("hostile texts reach the page as data and cannot leave it") {
  const std::string html = read_file(example() / "report.html");
  CHECK(occurrences(html, "</script>") == 2);
  const std::string text = embedded_data(html);
  CHECK(text.find('<') == std::string::npos);
  const Json data = parse_json(text, "report.html");
  bool found = false;
  for (const Json& row : data["answers"]["shown"]) found = found || row["prompt"] == kHostileText;
  CHECK(found);
}

TEST_CASE("the page is one file that names nothing outside itself") {
  const std::string html = read_file(example() / "report.html");
  for (const char* outside : {" src=\"", "<link rel=\"stylesheet", "@import", "https://", "fetch("}) {
    CAPTURE(outside);
    CHECK(html.substr(0, html.find("id=\"data\"")).find(outside) == std::string::npos);
  }
}

TEST_CASE("the same files give the same bytes") {
  const std::string before = read_file(example() / "report.html");
  write_report(example());
  CHECK(read_file(example() / "report.html") == before);
  CHECK(!fs::exists(example() / "report.html.tmp"));
}

TEST_CASE("the report holds the rounds, models, curves and settings of the run") {
  const Json report = collect_report(example());
  CHECK(report["name"] == "report_example");
  CHECK(report["evaluation"]["models"].size() == 4);
  CHECK(report["max_score"] == 5);
  REQUIRE(report["rounds"].size() == 2);
  CHECK(report["rounds"][1]["t"] == 2);
  CHECK(report["seed"]["eft_building"]["kept_prompts"] == 411);
  std::vector<std::string> stages;
  for (const Json& stage : report["training"]) stages.push_back(stage["name"]);
  CHECK(stages == std::vector<std::string>{"sft_baseline", "M1", "M2", "M3"});
  CHECK(report["training"][2]["series"]["logps/chosen"].size() == 210);
  CHECK(report["setup"][0] == Json{{"label", "Starting model"}, {"value", "playground/M0"}});
}

TEST_CASE("the settings of adapters are shown where there are adapters") {
  const fs::path dir = scratch_dir();
  const auto setup = [&](const std::string& config) {
    write_file_atomically(dir / "config.yaml", config);
    return collect_report(dir)["setup"].dump();
  };
  CHECK(setup("lora:\n  r: 0\n  lora_alpha: 32\n  target_modules: [q_proj]\n") == "[]");
  CHECK(setup("lora:\n  r: 8\n  lora_alpha: 16\n  target_modules: [q_proj, v_proj]\n") ==
        R"([{"label":"LoRA rank","value":"8"},{"label":"LoRA alpha","value":"16"},)"
        R"({"label":"LoRA matrices","value":"q_proj, v_proj"}])");
}

TEST_CASE("the report says who wrote the prompts, or which file has them") {
  const fs::path dir = scratch_dir();
  const auto setup = [&](const std::string& file) {
    write_file_atomically(dir / "config.yaml", "prompts:\n  source: M0\n  file: " + file + "\n");
    return collect_report(dir)["setup"].dump();
  };
  CHECK(setup("\"\"") == R"([{"label":"Prompts written by","value":"M0"}])");
  CHECK(setup("train.jsonl") == R"([{"label":"Prompts from","value":"train.jsonl"}])");
}

TEST_CASE("lengths are in tokens, or in characters where a file has no token ids") {
  const fs::path file = RunPaths(scratch_dir()).round_records(1, "preferences");
  std::vector<PreferencePair> pairs{{"a", {{"user", "p"}}, "äöü", "x", {}, {}, 5, 1},
                                    {"b", {{"user", "p"}}, "äöüß!", "xyz", {}, {}, 5, 1}};
  write_jsonl(file, pairs);
  Json result = pair_totals(file);
  CHECK(result["length_unit"] == "characters");
  CHECK(result["chosen_length"] == 4);
  CHECK(result["rejected_length"] == 2);
  for (PreferencePair& pair : pairs) pair.chosen_ids = {1, 2, 3, 4, 5, 6}, pair.rejected_ids = {7};
  write_jsonl(file, pairs);
  result = pair_totals(file);
  CHECK(result["length_unit"] == "tokens");
  CHECK(result["chosen_length"] == 6);
}

TEST_CASE("a half-done run gives a report of what is there") {
  const fs::path dir = scratch_dir();
  write_report(dir);
  CHECK(parse_json(embedded_data(read_file(dir / "report.html")), "data")["rounds"].empty());
  CHECK(result_table(dir) == "No model of " + dir.string() + " has been evaluated yet.\n");

  fs::create_directories(dir / "M1");
  fs::copy(example() / "M1" / "prompts.jsonl", dir / "M1" / "prompts.jsonl");
  write_report(dir);
  const Json data = parse_json(embedded_data(read_file(dir / "report.html")), "data");
  CHECK(data["rounds"][0] ==
        Json{{"unfinished", true}, {"prompts", 240}, {"t", 1}, {"preferences", nullptr}});
  CHECK(data["warnings"].empty());
  CHECK(data["pairs"]["rows"].size() == 240);
  CHECK(data["pairs"]["rows"][7][4] == "unfinished");
  CHECK(data["no_seeds"] == "config.yaml names no instruction data (data.ift)");
}

TEST_CASE("each part of a run may be missing") {
  for (const char* part : {"config.yaml", "seed", "M1", "M2/round.json", "M2/candidates.jsonl",
                           "M2/judgements.jsonl", "training", "evaluation", "evaluation.json"}) {
    CAPTURE(part);
    const fs::path dir = scratch_dir();
    fs::copy(example(), dir, fs::copy_options::recursive);
    fs::remove_all(dir / part);
    CHECK_NOTHROW(write_report(dir));
  }
}

TEST_CASE("the terminal table aligns what the models have and leaves out what none has") {
  CHECK(result_table(example()) ==
        "model          gold  greedy  all met %  vs M1 %  vs prev %  pairs % "
        " 5-best %  exact %  Spearman  Kendall  tokens  ended %\n"
        "M0             3.43    3.79         15    17/52          -     84.6 "
        "     52.1     28.7     0.712    0.655     5.8      100\n"
        "M1             4.05    4.21         34        -      52/17     97.4 "
        "     73.8     71.3     0.935    0.902     5.8      100\n"
        "M2             4.30    4.39         46    33/19      33/19     97.1 "
        "     74.1     70.7     0.931    0.899     5.8      100\n"
        "M3             4.41    4.47         53    39/13      27/20     96.2 "
        "     73.3     68.7     0.924    0.890     5.8      100\n"
        "random judge      -       -          -        -          -     44.3 "
        "     25.2      4.7     0.004        -       -        -\n"
        "longest judge     -       -          -        -          -     27.1 "
        "     26.2      1.3     0.061    0.054       -        -\n");
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "evaluation.json",
                        R"({"models": [{"name": "M0", "answer_tokens_mean": 81.25}]})");
  CHECK(result_table(dir) == "model  tokens\nM0       81.2\n");
}

TEST_CASE("curves keep the last of two lines of a step and skip a line cut off at the end") {
  const RunPaths run(scratch_dir());
  write_file_atomically(
      run.training(2).metrics(),
      "{\"step\": 1, \"loss\": 3.0}\n{\"step\": 2, \"loss\": 9.0}\n{\"step\": 2, \"loss\": 2.0}\n"
      "{\"step\": 3, \"loss\": null}\n{\"step\": 4, \"lo");
  const Json stage = read_training_curves(run)[0];
  CHECK(stage["series"]["step"] == Json{1, 2, 3});
  CHECK(stage["series"]["loss"] == Json{3.0, 2.0, nullptr});
  CHECK(stage["not_a_number"] == 1);
}

TEST_CASE("long curves are thinned to means") {
  const RunPaths run(scratch_dir());
  std::string lines;
  for (int step = 1; step <= 1000; ++step) lines += str("{\"step\": ", step, ", \"loss\": ", step % 3, "}\n");
  write_file_atomically(run.training(1).metrics(), lines);
  const Json stage = read_training_curves(run)[0];
  CHECK(stage["points_of"] == 3);
  CHECK(stage["steps"] == 1000);
  CHECK(stage["series"]["loss"].size() == 334);
  CHECK(stage["series"]["loss"][0] == 1.0);
  CHECK(stage["series"]["step"][1] == 5.0);
}

TEST_CASE("a damaged file is an error that names it") {
  const auto message_for = [](const char* file, const std::string& content) {
    const fs::path dir = scratch_dir();
    write_file_atomically(dir / file, content);
    try {
      write_report(dir);
    } catch (const Error& e) {
      return replace_all(std::string(e.what()), dir.string(), "RUN");
    }
    return std::string("no error");
  };
  const std::string deep(100, '[');
  const std::vector<std::array<std::string, 3>> cases{
      {"evaluation.json", "{", "[report] RUN/evaluation.json is not valid JSON"},
      {"evaluation.json", "[]", "[report] RUN/evaluation.json is not a JSON object"},
      {"evaluation.json", "{\"models\": [3]}",
       "[report] RUN/evaluation.json: 'models' is not an array of objects with a name"},
      {"seed/summary.json", "{\"a\": " + deep, "[report] RUN/seed/summary.json is nested deeper than 32"},
      {"config.yaml", "a: [", "[report] RUN/config.yaml, line 1, column 1: this is not valid YAML"},
      {"M1/preferences.jsonl", "{}", "no error"},  // not a round without prompts or a summary
      {"M1/round.json", "\xff", "[report] RUN/M1/round.json is not valid JSON"},
      {"training/M1/metrics.jsonl", "{}\n{\"step\": 1}\n",
       "[report] RUN/training/M1/metrics.jsonl, line 1 has no number 'step'"},
      {"training/M1/metrics.jsonl", "{\n{\"step\": 1}\n",
       "[json] RUN/training/M1/metrics.jsonl, line 1 is not valid JSON"},
      {"M1/prompts.jsonl", "{}\n", "[jsonl] RUN/M1/prompts.jsonl, line 1: "},
      {"warnings.jsonl", "[]\n{}\n", "[report] RUN/warnings.jsonl, line 1 is not a JSON object"},
      {"warnings.jsonl", "{\n{}\n", "[json] RUN/warnings.jsonl, line 1 is not valid JSON"},
      {"evaluation/M1/answers.jsonl", "{\"prompt_id\": 1}\n",
       "[report] RUN/evaluation/M1/answers.jsonl, line 1: "},
  };
  for (const auto& [file, content, wanted] : cases) {
    CAPTURE(file);
    CAPTURE(content);
    const std::string message = message_for(file.c_str(), content);
    CHECK(message.substr(0, wanted.size()) == wanted);
  }
  CHECK_THROWS_WITH_AS(write_report("/nonexistent"),
                       "[report] /nonexistent is not a directory; a run directory is wanted", Error);
}

TEST_CASE("numbers of a wrong type in a summary are left out, not a crash") {
  const fs::path dir = scratch_dir();
  write_file_atomically(
      dir / "evaluation.json",
      R"({"models": [{"name": "M0", "gold": 7, "reward_model": []}], "null_judges": [1], "head_to_head": {"a": 1}})");
  write_file_atomically(dir / "M1" / "round.json",
                        R"({"prompts": "many", "judge_failures": 3, "score_histogram": [1, "x"]})");
  CHECK_NOTHROW(write_report(dir));
}

TEST_CASE("warnings of the monitors come first, once, and a half-written line is passed over") {
  const fs::path dir = scratch_dir();
  write_file_atomically(
      dir / "evaluation.json",
      R"({"models": [{"name": "M1", "gold": {"sampled": {"mean": 4}}}, {"name": "M2", "gold": {"sampled": {"mean": 3}}}]})");
  const std::string own =
      "Its gold score is below that of M1: 3.00 against 4.00. The rounds of self-rewarding did harm.";
  write_file_atomically(
      dir / "warnings.jsonl",
      R"({"round": 2, "stage": "judge", "name": "ties", "value": 0.7, "limit": 0.6, "text": "Many ties."})"
      "\n" +
          str(R"({"stage": "evaluation", "text": ")", own, "\"}\n{\"round\": 3"));
  const Json warnings = run_summary(dir)["warnings"];
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] == Json{{"where", "Round 2, judge"},
                            {"text", "Many ties."},
                            {"name", "ties"},
                            {"value", 0.7},
                            {"limit", 0.6}});
  CHECK(warnings[1] == Json{{"where", "evaluation"}, {"text", own}});
  fs::remove(dir / "warnings.jsonl");
  CHECK(run_summary(dir)["warnings"] == Json::array({{{"where", "M2"}, {"text", own}}}));
}

TEST_CASE("directories of models are in the order of their numbers") {
  const fs::path dir = scratch_dir();
  for (const char* name : {"M10", "M2", "sft_baseline", "M", "M0"}) fs::create_directories(dir / name);
  CHECK(model_directories(dir) == std::vector<std::string>{"M", "sft_baseline", "M0", "M2", "M10"});
}
