// A whole run with a checklist judge on the playground, whose prompts are lists of requirements: from verdicts
// on single requirements to M2.
#include "base/text_util.h"
#include "data/jsonl.h"
#include "data/records.h"
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

namespace {

/// "4 letters", "starts g", ... of "please write a word : 4 letters , starts g".
std::vector<std::string> requirements_of(const std::string& prompt) {
  std::vector<std::string> list;
  std::string rest = prompt.substr(prompt.find(':') + 1);
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    list.push_back(strip(rest.substr(0, comma)));
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  return list;
}

void write_prompts() {
  std::string rows;
  for (const Prompt& prompt :
       read_jsonl<Prompt>(kRoot / lines_of("held_out_prompts.jsonl", 0, 24, "bare.jsonl"))) {
    Json row = prompt;
    row["requirements"] = requirements_of(prompt.text);
    rows += to_line(row);
  }
  write_file_atomically(kRoot / "p.jsonl", rows);
}

/// Right answers meet what their prompts ask for; the others do not, as far as this run needs to know.
void write_verdicts() {
  std::string rows;
  const auto seeds = read_jsonl<Example>(kData + "ift.jsonl");
  for (size_t i = 0; i < seeds.size(); ++i) {
    const std::string& prompt = seeds[i].messages[0].content;
    for (const std::string& requirement : requirements_of(prompt))
      for (const bool met : {true, false})
        rows += to_line(VerdictRow{str(i, "/", requirement, "/", met), prompt,
                                   seeds[met ? i : (i + 1) % seeds.size()].messages[1].content, requirement,
                                   "", met});
  }
  write_file_atomically(kRoot / "v.jsonl", rows);
}

Result run(const std::string& more = "") {
  return selfreward_does(
      "run " SELFREWARD_SOURCE_DIR
      "/configs/playground.yaml --run-dir run --set eft.source=verdicts --set "
      "data.eft=[v.jsonl] --set eft.max_examples=600 --set judge.form=checklist --set judge.rubric=r.yaml --set "
      "judge.read=expected --set judge.num_evals_to_average=1 --set judge.sampling.temperature=0 --set "
      "prompts.file=p.jsonl --set prompts.num_prompts=24 --set sft.max_steps=40 --set dpo.train.max_steps=4 --set "
      "evaluate.enabled=false --set last_model=2 " +
      more);
}

}  // namespace

TEST_CASE("a run judges by a checklist, softly, and trains on its own pairs") {
  fresh();
  write_prompts();
  write_verdicts();
  write_file_atomically(kRoot / "r.yaml", "template: 'answer {response} {requirement} ?'\n");
  const Result first = run();
  REQUIRE_MESSAGE(first.code == 0, first.text);
  CHECK(read_jsonl<Example>(kRoot / "run/seed/eft.jsonl").size() == 600);
  const auto prompts = read_jsonl<Prompt>(kRoot / "run/M1/prompts.jsonl");
  size_t judged = 0;
  for (const Judgement& judgement : read_jsonl<Judgement>(kRoot / "run/M1/judgements.jsonl")) {
    const auto wanted = requirements_of(prompts[judged++ / 4].text);
    REQUIRE(judgement.replies.size() == wanted.size());
    double sum = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      CHECK(judgement.replies[i].requirement == wanted[i]);
      sum += judgement.replies[i].expected.value_or(-100);
    }
    if (judgement.score)
      CHECK(*judgement.score == doctest::Approx(5 * sum / static_cast<double>(wanted.size())));
  }
  CHECK(judged == 24 * 4);
  CHECK(read_jsonl<PreferencePair>(kRoot / "run/M1/preferences.jsonl").size() > 12);
  const std::string made = weights("run/M2"), judgements = read_file(kRoot / "run/M1/judgements.jsonl");
  REQUIRE(run().code == 0);
  CHECK(read_file(kRoot / "run/M1/judgements.jsonl") == judgements);
  CHECK(run("--set judge.requirements=rubric").says("r.yaml has no list of requirements"));
  write_file_atomically(kRoot / "r.yaml", "template: 'reply {response} {requirement} ?'\n");
  CHECK(run().says("judge.rubric"));
  const bool same = weights("run/M2") == made;
  CHECK(same);
}
