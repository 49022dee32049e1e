// prompts, generate, judge, pairs and eft, as a person runs them: none takes up what was made from other inputs or
// settings, and each goes on after a stop to the same bytes.
#include "data/jsonl.h"
#include "data/record_file.h"
#include "data/records.h"
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

TEST_CASE("prompts: nothing of other seeds, and a stop loses nothing") {
  fresh();
  const std::string a = lines_of("ift.jsonl", 0, 40, "a.jsonl"), b = lines_of("ift.jsonl", 40, 40, "b.jsonl");
  const auto prompts = [](const std::string& seeds, const std::string& out, const std::string& more = "") {
    return "prompts --model " + kM0 + " --seeds " + seeds + " --out " + out +
           " --set model.dtype=float32 --set prompts.num_prompts=24 --set "
           "prompts.sampling.max_new_tokens=24 " +
           more;
  };
  REQUIRE(selfreward_does(prompts(a, "whole.jsonl", "--set generation.shard_size=4")).code == 0);
  CHECK(selfreward_does(prompts(a, "whole.jsonl")).code == 0);
  CHECK(selfreward_does(prompts(b, "whole.jsonl")).says("--seeds"));
  CHECK(
      selfreward_does(prompts(a, "whole.jsonl", "--set prompts.min_words=2")).says("prompts.min_words was"));
  CHECK(stopped_at(prompts(a, "parts.jsonl", "--set generation.shard_size=4"), kRoot / "parts.jsonl.partial",
                   half_of("whole.jsonl"), SIGINT) == 130);
  CHECK(selfreward_does(prompts(b, "parts.jsonl")).code == 1);
  CHECK(selfreward_does(prompts(a, "parts.jsonl")).code == 0);
  CHECK(read_file(kRoot / "parts.jsonl") == read_file(kRoot / "whole.jsonl"));
}

TEST_CASE("generate does not mix answers to other prompts, and goes on with another shard size") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 40, "p.jsonl"),
                    q = lines_of("held_out_prompts.jsonl", 100, 40, "q.jsonl"),
                    small = "--set generation.shard_size=4";
  REQUIRE(selfreward_does(generate(p, "whole.jsonl", small)).code == 0);
  CHECK(stopped_at(generate(p, "k.jsonl", small), kRoot / "k.jsonl.partial", half_of("whole.jsonl"),
                   SIGKILL) == -1);
  REQUIRE(fs::exists(kRoot / "k.jsonl.partial"));
  const Result mixed = selfreward_does(generate(q, "k.jsonl", small));
  CHECK(mixed.code == 1);
  CHECK(mixed.says("--prompts: q.jsonl is there and was not there then"));
  CHECK(selfreward_does(generate(p, "k.jsonl", "--set seed=2")).says("seed was 1 and is 2"));
  REQUIRE(selfreward_does(generate(p, "k.jsonl", "--set generation.shard_size=16")).code == 0);
  CHECK(read_file(kRoot / "k.jsonl") == read_file(kRoot / "whole.jsonl"));
  CHECK(selfreward_does(generate(q, "k.jsonl")).code == 1);  // finished too
  REQUIRE(selfreward_does(generate(q, "k.jsonl", "--overwrite")).code == 0);
  CHECK(read_file(kRoot / "k.jsonl").find("\"held_out-00100\"") == std::string::npos);
}

TEST_CASE("judge, pairs: the judge that the settings name, and nothing of other inputs") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 12, "p.jsonl");
  REQUIRE(selfreward_does(generate(p, "c.jsonl")).code == 0);
  const std::string files = " --prompts p.jsonl --candidates c.jsonl ";
  const auto judge = [&](const std::string& more) { return selfreward_does("judge" + files + more); };
  CHECK(judge("--out g.jsonl --set judge.kind=gold").says("data.gold is empty"));
  CHECK(judge("--out g.jsonl --set judge.kind=gold --set data.gold=" + kGold + " --model " + kM0)
            .says("leave out --model"));
  REQUIRE(
      judge("--out g.jsonl --set judge.kind=gold --set data.gold=" + kGold + " --rubric " + kRubric).code ==
      0);
  const std::string own =
      "--out s.jsonl --model " + kM0 + " --set model.dtype=float32 --set judge.num_evals_to_average=1 ";
  CHECK(judge("--out s.jsonl").says("--model DIR is missing"));
  CHECK(judge(own + "--set data.gold=" + kGold).says("`judge with judge.kind=self` does not read data.gold"));
  REQUIRE(judge(own + "--rubric " + kRubric).code == 0);
  write_file_atomically(kRoot / "r.yaml", read_file(kRubric) + "max_score: 9\n");
  CHECK(judge(own + "--rubric r.yaml").code == 1);
  const auto pairs = [&](const std::string& judgements) {
    return selfreward_does("pairs" + files + "--judgements " + judgements + " --out pairs.jsonl");
  };
  REQUIRE(pairs("g.jsonl").code == 0);
  CHECK(pairs("g.jsonl").code == 0);
  CHECK(pairs("s.jsonl").says("--judgements"));
  CHECK(selfreward_does("pairs" + files + "--judgements g.jsonl --out pairs.jsonl --positive-only").code ==
        1);
  const auto set = [&](const std::string& more) {
    return selfreward_does("pairs" + files + "--judgements g.jsonl --out pairs.jsonl " + more);
  };
  CHECK(set("--set pairs.choose=all").says("pairs.choose was"));
  CHECK(set("--set dpo.beta=0.3").says("`pairs` does not read dpo.beta"));
  CHECK(set("--set pairs.rho=0.2").says("read by length_band alone"));
  CHECK(set("--set pairs.choose=all --positive-only --overwrite").says("has no effect with --positive-only"));
  const size_t one_each = read_lines(kRoot / "pairs.jsonl").size();
  REQUIRE(set("--set pairs.margin=2 --overwrite").code == 0);
  const size_t clear = read_lines(kRoot / "pairs.jsonl").size();
  CHECK(clear > 0);
  CHECK(clear < one_each);
  CHECK(read_json(counts_file(kRoot / "pairs.jsonl"))["below_margin"] == one_each - clear);
}

TEST_CASE("eft: verdicts on given answers, and nothing of other inputs or settings") {
  fresh();
  const auto write = [](const char* name, const std::string& text) {
    write_file_atomically(kRoot / name, text);
  };
  const std::string requirements =
      R"([{"kind":"sentences","max":1,"wording":"One sentence."},{"kind":"title","wording":"Give it a title."}])";
  write("v.jsonl", R"({"id":"a","prompt":"Write about tea.","requirements":)" + requirements + "}\n" +
                       R"({"id":"b","prompt":"Write about milk.","requirements":["Be kind."]})"
                       "\n");
  const auto answer = [](const std::string& id, int index, const std::string& text) {
    return to_line(Candidate{id, index, {}, text, FinishReason::stop});
  };
  write("c.jsonl", answer("a", 0, "I like tea.") + answer("a", 1, "[[Tea]] It is good. So it is.") +
                       answer("b", 0, "I like milk."));
  const auto eft = [](const std::string& more) {
    return selfreward_does("eft --prompts v.jsonl --candidates c.jsonl --out e.jsonl " + more);
  };
  const Result made = eft("");
  REQUIRE(made.code == 0);
  CHECK(made.says("wrote 4 verdicts to e.jsonl; left out: no_rule 1"));
  const auto rows = read_jsonl<VerdictRow>(kRoot / "e.jsonl");
  CHECK(rows[0].evidence == "at most 1 sentences: 1 I like tea.; 1 counted, as many as 1");
  CHECK(rows[0].met);
  CHECK(!rows[1].met);
  CHECK(eft("").code == 0);
  const std::string whole = read_file(kRoot / "e.jsonl");
  fs::remove(kRoot / "e.jsonl");  // a call that was killed while it wrote the second row
  write("e.jsonl.partial", whole.substr(0, whole.find('\n') + 20));
  CHECK(eft("").code == 0);
  CHECK(read_file(kRoot / "e.jsonl") == whole);
  CHECK(eft("--set eft.max_examples=2").says("eft.max_examples was 0 and is 2"));
  CHECK(eft("--set eft.max_examples=2 --overwrite").says("over_maximum 2"));
  CHECK(eft("--set judge.kind=gold").says("`eft` does not read judge.kind"));
  CHECK(eft("--candidates c.jsonl --overwrite")
            .says("wrote 4 verdicts to e.jsonl; left out: no_rule 1, same_answer 3"));
  write("more.jsonl", answer("a", 0, "I like [[Tea]] most."));
  CHECK(eft("--candidates more.jsonl --overwrite").says("wrote 6 verdicts"));
  CHECK(read_jsonl<VerdictRow>(kRoot / "e.jsonl").back().id == "a/2/1");
  write("c.jsonl", answer("z", 0, "I like tea."));
  CHECK(eft("").says("[eft] c.jsonl: candidate 0 is of prompt 'z', which is not among the prompts"));
  write("c.jsonl", answer("b", 0, "I like milk."));
  CHECK(eft("").says("left out are no_rule 1 (b/0/0); verdicts need answers (--candidates)"));
}

TEST_CASE("judge: a checklist asks about each requirement, and its replies say about which") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 3, "bare.jsonl");
  std::string rows;
  for (const Prompt& prompt : read_jsonl<Prompt>(kRoot / p)) {
    Json row = prompt;
    row["requirements"] = {"It is short.", {{"wording", "It is a word."}, {"weight", 2}}};
    rows += to_line(row);
  }
  write_file_atomically(kRoot / "p.jsonl", rows);
  REQUIRE(selfreward_does(generate("p.jsonl", "c.jsonl")).code == 0);
  write_file_atomically(kRoot / "r.yaml", "template: 'answer {response} and {requirement}'\n");
  const auto judge = [&](const std::string& more, const std::string& prompts = "p.jsonl") {
    return selfreward_does("judge --prompts " + prompts + " --candidates c.jsonl --model " + kM0 +
                           " --set model.dtype=float32 --set judge.num_evals_to_average=1 --set "
                           "judge.sampling.max_new_tokens=8 --out j.jsonl --rubric r.yaml " +
                           more);
  };
  const std::string form = "--set judge.form=checklist ";
  CHECK(judge("").says("judge.form is rubric, but the template of r.yaml has {requirement}"));
  CHECK(judge(form, "bare.jsonl")
            .says("bare.jsonl: [judge] 3 of 3 prompts have no requirements (the first is '"));
  CHECK(judge(form, "bare.jsonl").says(", but a checklist asks about them"));
  CHECK(judge(form + "--set judge.requirements=rubric").says("r.yaml has no list of requirements"));
  CHECK(!fs::exists(kRoot / "j.jsonl.partial"));
  REQUIRE(judge(form).code == 0);
  for (const Judgement& judgement : read_jsonl<Judgement>(kRoot / "j.jsonl")) {
    REQUIRE(judgement.replies.size() == 2);
    CHECK(judgement.replies[0].requirement == "It is short.");
    CHECK(judgement.replies[1].requirement == "It is a word.");
  }
  CHECK(judge(form + "--set judge.read=expected").says("judge.read was \"text\" and is \"expected\""));
  REQUIRE(judge(form + "--set judge.read=expected --overwrite").code == 0);
}

TEST_CASE("work that was begun on one day goes on with that day, whatever the day is by then") {
  fresh();
  fs::copy(kM0, kRoot / "m0", fs::copy_options::recursive);
  write_file_atomically(kRoot / "m0/chat_template.jinja",
                        "{{ strftime_now('%Y-%m-%d') }} {% for m in messages %}{{ m.content }} {% endfor %}");
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 3, "p.jsonl"),
                    files =
                        "generate --model m0 --prompts p.jsonl --out c.jsonl --set model.dtype=float32 "
                        "--set candidates.sampling.max_new_tokens=4";
  REQUIRE(selfreward_does(files).code == 0);
  Json record = read_json(kRoot / "c.inputs.json");
  CHECK(record.at("model.chat_template_date").get<std::string>().size() == 10);
  record["model.chat_template_date"] = "2020-02-20";  // as if that had been its day
  write_file_atomically(kRoot / "c.inputs.json", record.dump());
  CHECK(selfreward_does(files).code == 0);
  CHECK(selfreward_does(files + " --set model.chat_template_date=2021-01-01")
            .says("model.chat_template_date was \"2020-02-20\" and is \"2021-01-01\""));
  REQUIRE(selfreward_does(files + " --overwrite").code == 0);
  CHECK(read_json(kRoot / "c.inputs.json").at("model.chat_template_date") != "2020-02-20");
}
