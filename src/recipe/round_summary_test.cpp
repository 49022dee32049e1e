#include "recipe/round_summary.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

/// Gold rules under which an answer with `word` is the better one.
void write_rules(const fs::path& file, const std::string& word) {
  write_file_atomically(
      file, "prompt_pattern: '.*'\nmax_score: 1\nrules:\n  - {when: 'tell', then: '" + word + "'}\n");
}

}  // namespace

TEST_CASE("prompts are counted as such, however many pairs each of them gives") {
  const fs::path dir = scratch_dir();
  const RunConfig config = load_config({}, {"run_dir=" + (dir / "run").string()});
  RunDirectory run(config);
  const std::vector<Judgement> scores = {{"p", 0, {}, 1}, {"p", 1, {}, 2}, {"p", 2, {}, 2}, {"q", 0, {}, 3},
                                         {"q", 1, {}, 3}, {"r", 0, {}, 3}, {"r", 1, {}, {}}};
  PreferencePair pair;
  pair.prompt_id = "p";
  write_round_summary({config, run, 1}, {{}, {}, scores, {}}, {pair, pair});
  const Json summary = read_json(run.round_summary(1));
  CHECK(summary["pairs"] == 2);
  CHECK(summary["paired_prompts"] == 1);
  CHECK(summary["tied_prompts"] == 1);
}

TEST_CASE("a round that is done has the figures of today's gold rules, and their warnings alone") {
  const fs::path dir = scratch_dir();
  write_rules(dir / "gold.yaml", "red");
  const RunConfig config =
      load_config({}, {"run_dir=" + (dir / "run").string(), "data.gold=" + (dir / "gold.yaml").string(),
                       "monitor.wrong_pairs=0.5"});
  RunDirectory run(config);
  PreferencePair pair;
  pair.prompt = {{"user", "tell me"}};
  pair.chosen = "red";
  pair.rejected = "blue";
  write_jsonl(run.round_records(1, "preferences"), std::vector<PreferencePair>{pair});
  write_round_summary({config, run, 1}, {{}, {}, {}, {}}, {pair});
  CHECK(read_json(run.round_summary(1))["gold_agreement"]["agree"] == 1);

  const std::string before = read_file(run.round_summary(1));
  follow_gold_rules({config, run, 1});
  CHECK(read_file(run.round_summary(1)) == before);

  write_rules(dir / "gold.yaml", "blue");
  follow_gold_rules({config, run, 1});
  CHECK(read_json(run.round_summary(1))["gold_agreement"]["wrong"] == 1);
  REQUIRE(read_warnings(run.warnings()).size() == 1);
  CHECK(read_warnings(run.warnings())[0]["name"] == "wrong_pairs");

  write_rules(dir / "gold.yaml", "red");
  follow_gold_rules({config, run, 1});
  CHECK(read_json(run.round_summary(1))["gold_agreement"]["agree"] == 1);
  CHECK(read_warnings(run.warnings()).empty());
}

TEST_CASE("what the judge's scores of a round's own answers are worth stands there by today's gold rules") {
  const fs::path dir = scratch_dir();
  write_rules(dir / "gold.yaml", "red");
  const RunConfig config =
      load_config({}, {"run_dir=" + (dir / "run").string(), "data.gold=" + (dir / "gold.yaml").string()});
  RunDirectory run(config);
  const std::vector<Prompt> prompts = {{"p", "tell me", "new"}, {"q", "tell me more", "new"}};
  std::vector<Candidate> candidates;
  for (const std::string id : {"p", "q"}) {
    candidates.push_back({id, 0, {}, "red", FinishReason::stop});
    candidates.push_back({id, 1, {}, "blue", FinishReason::stop});
  }
  const std::vector<Judgement> scores = {{"p", 0, {}, 4}, {"p", 1, {}, 1}, {"q", 0, {}, 2}, {"q", 1, {}, 2}};
  write_jsonl(run.round_records(1, "preferences"), std::vector<PreferencePair>());
  write_jsonl(run.round_records(1, "prompts"), prompts);
  write_jsonl(run.round_records(1, "candidates"), candidates);
  write_jsonl(run.round_records(1, "judgements"), scores);
  write_round_summary({config, run, 1}, {prompts, candidates, scores}, {});
  const Json judging = read_json(run.round_summary(1))["gold_judging"];
  CHECK(judging["prompts"] == 2);
  CHECK(judging["pairwise_acc"] == 0.5);  // a tie is no order
  CHECK(judging["gap_captured"] == 0.5);
  write_rules(dir / "gold.yaml", "blue");
  follow_gold_rules({config, run, 1});
  CHECK(read_json(run.round_summary(1))["gold_judging"]["gap_captured"] == -0.5);
  int64_t about_the_gap = 0;
  for (const Json& warning : read_warnings(run.warnings()))
    about_the_gap += warning["name"] == "gap_captured";
  CHECK(about_the_gap == 1);
}

TEST_CASE("a round whose summary was removed says how to get on") {
  const fs::path dir = scratch_dir();
  const RunConfig config = load_config({}, {"run_dir=" + (dir / "run").string()});
  RunDirectory run(config);
  CHECK_THROWS_WITH_AS(follow_gold_rules({config, run, 1}), doctest::Contains("or remove"), Error);
  write_file_atomically(run.round_summary(1), "[]\n");
  CHECK_THROWS_WITH_AS(follow_gold_rules({config, run, 1}), doctest::Contains("is array, wanted an object"),
                       Error);
}
