// sft and dpo, as a person runs them: neither takes up what was made from other inputs or settings, and each
// goes on after a stop to the same bytes.
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

TEST_CASE("sft takes up neither a model nor a state of other data or settings") {
  fresh();
  const std::string a = lines_of("ift.jsonl", 0, 20, "a.jsonl"), b = lines_of("ift.jsonl", 40, 20, "b.jsonl");
  REQUIRE(selfreward_does(sft(a, "out", "--set sft.save_steps=2")).code == 0);
  CHECK(selfreward_does(sft(a, "out", "--set sft.save_steps=3 --set sft.micro_batch_tokens=512"))
            .says("is there"));
  const Result other_data = selfreward_does(sft(b, "out"));
  CHECK(other_data.code == 1);
  CHECK(other_data.says("--data: b.jsonl is there and was not there then"));
  CHECK(selfreward_does(sft(a, "out", "--set sft.learning_rate=0.01"))
            .says("sft.learning_rate was 5.5e-06 and is 0.01"));
  fs::remove_all(kRoot / "out");  // the state of its training is still there
  CHECK(selfreward_does(sft(b, "out")).code == 1);
  REQUIRE(selfreward_does(sft(b, "out", "--overwrite")).code == 0);
  REQUIRE(selfreward_does(sft(b, "fresh")).code == 0);
  const bool same = weights("out") == weights("fresh");
  CHECK(same);
  CHECK(read_lines(kRoot / "out.training" / "metrics.jsonl").size() == 6);
}

TEST_CASE(
    "a training that a signal stops has saved its state, whatever save_steps is, and goes on to the same") {
  fresh();
  const std::string a = lines_of("ift.jsonl", 0, 60, "a.jsonl"),
                    more = "--set sft.max_steps=30 --set sft.dropout=0.1";
  REQUIRE(selfreward_does(sft(a, "whole", more)).code == 0);
  const fs::path metrics = kRoot / "parts.training" / "metrics.jsonl";
  CHECK(stopped_at(sft(a, "parts", more), metrics, 500, SIGTERM) == 143);
  CHECK(!fs::exists(kRoot / "parts"));
  CHECK(stopped_at(sft(a, "parts", more), metrics, 2000, SIGINT) == 130);
  const Result last = selfreward_does(sft(a, "parts", more));
  CHECK(last.code == 0);
  CHECK(last.says("going on after step"));
  const bool same = weights("whole") == weights("parts");
  CHECK(same);
  CHECK(read_file(metrics) == read_file(kRoot / "whole.training" / "metrics.jsonl"));
}

TEST_CASE("dpo takes up nothing of other pairs or another model") {
  fresh();
  std::string pairs[2];
  for (int i = 0; i < 2; ++i)
    for (int n = 0; n < 8; ++n)
      pairs[i] +=
          Json{{"prompt", str("write ", i, " words")}, {"chosen", str("one ", n)}, {"rejected", "two"}}
              .dump() +
          "\n";
  write_file_atomically(kRoot / "a.jsonl", pairs[0]);
  write_file_atomically(kRoot / "b.jsonl", pairs[1]);
  const std::string settings = " --set model.dtype=float32 --set dpo.train.max_steps=2 ";
  const auto dpo = [&](const std::string& data, const std::string& more = "") {
    return "dpo --model " + kM0 + " --data " + data + " --out out" + settings + more;
  };
  REQUIRE(selfreward_does(dpo("a.jsonl")).code == 0);
  CHECK(selfreward_does(dpo("a.jsonl")).says("is there already"));
  CHECK(selfreward_does(dpo("b.jsonl")).says("--data: b.jsonl"));
  CHECK(selfreward_does(dpo("a.jsonl", "--set dpo.beta=0.3")).says("dpo.beta was 0.1 and is 0.3"));
  fs::copy(kM0, kRoot / "m", fs::copy_options::recursive);
  write_file_atomically(kRoot / "m/generation_config.json", "{\"eos_token_id\": 2, \"top_k\": 3}");
  const Result other = selfreward_does("dpo --model m --data a.jsonl --out out" + settings);
  CHECK(other.code == 1);
  CHECK(other.says("--model: generation_config.json has another content"));
}

TEST_CASE("dpo that a signal stops goes on to the same model") {
  fresh();
  std::string rows;
  for (int n = 0; n < 40; ++n)
    rows += Json{{"prompt", str("write ", n)}, {"chosen", str("one ", n)}, {"rejected", "two"}}.dump() + "\n";
  write_file_atomically(kRoot / "pairs.jsonl", rows);
  const auto dpo = [](const std::string& out) {
    return "dpo --model " + kM0 + " --data pairs.jsonl --out " + out +
           " --set model.dtype=float32 --set dpo.train.max_steps=12 --set dpo.train.train_batch_size=4";
  };
  REQUIRE(selfreward_does(dpo("whole")).code == 0);
  CHECK(stopped_at(dpo("parts"), kRoot / "parts.training/metrics.jsonl", 800, SIGTERM) == 143);
  const Result last = selfreward_does(dpo("parts"));
  CHECK(last.code == 0);
  CHECK(last.says("going on after step"));
  const bool same = weights("whole") == weights("parts");
  CHECK(same);
}
