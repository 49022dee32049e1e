#include "feedback/written_checklists.h"

#include <doctest/doctest.h>

#include "model/policy/policy.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

using Points = std::vector<std::string>;
using Drops = std::map<std::string, int64_t>;

Filtered<std::string> parsed(const std::string& reply, FinishReason reason = FinishReason::stop,
                             int64_t most = 6) {
  return parse_checklist(reply, reason, most);
}

}  // namespace

TEST_CASE("a list is its marked lines without their marks; without any mark it is all lines") {
  CHECK(
      parsed(
          "Here is what I want:\n- Use two sentences.\n* Name the sea.\n\n3. Write in French.\n(4) No lists at all")
          .records == Points{"Use two sentences.", "Name the sea.", "Write in French.", "No lists at all"});
  CHECK(parsed("- [ ] It names the sea.\n- [x] It is short enough.").records ==
        Points{"It names the sea.", "It is short enough."});
  CHECK(parsed("Use two sentences.\n  Name the sea. \n").records ==
        Points{"Use two sentences.", "Name the sea."});
  CHECK(parsed("").records.empty());
}

TEST_CASE("points that say too little or too much, twice or after the last one, are left out and counted") {
  const auto made = parsed(
      "- Short.\n- Be short and clear.\n- Be short and clear.\n- " + std::string(100, 'a') +
          [] {
            std::string words;
            for (int i = 0; i < 41; ++i) words += " b";
            return words;
          }() +
          "\n- Say it in French.\n- Name the sea twice.",
      FinishReason::stop, 2);
  CHECK(made.records == Points{"Be short and clear.", "Say it in French."});
  CHECK(made.dropped == Drops{{"too_short", 1}, {"repeated", 1}, {"too_long", 1}, {"over_maximum", 1}});
  const auto cut = parsed("- Be short and clear.\n- Say it in Fre", FinishReason::length);
  CHECK(cut.records == Points{"Be short and clear."});
  CHECK(cut.dropped == Drops{{"cut_off", 1}});
}

TEST_CASE("prompts keep their own requirements, take what was written, or are left out") {
  const std::vector<Prompt> prompts = {
      {"a", "A", "seed", Json::array({"Be kind to all."})}, {"b", "B", "M0"}, {"c", "C", "M0"}};
  const auto open = without_requirements(prompts);
  REQUIRE(open.size() == 2);
  CHECK(open[0].id == "b");
  const auto made =
      with_checklists(prompts, {{"b", "- Be short and clear.", {"Be short and clear."}}, {"c", "", {}}});
  REQUIRE(made.records.size() == 2);
  CHECK(made.records[0].requirements == prompts[0].requirements);
  CHECK(made.records[1].requirements == Json::array({"Be short and clear."}));
  CHECK(made.dropped == Drops{{"no_requirements", 1}});
}

TEST_CASE("a model is asked once for each prompt, greedily, whatever the shards") {
  Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  Rubric rubric;
  rubric.form = JudgeForm::checklist;
  rubric.list_template = "list for {instruction}";
  const std::vector<Prompt> prompts = {
      {"a", "tell me a story", "seed"}, {"b", "count to ten", "seed"}, {"c", std::string(4000, 'x'), "seed"}};
  JudgeSettings settings;
  settings.sampling.max_new_tokens = 12;
  std::string first;
  for (const int64_t shard_size : {8, 1}) {
    const fs::path path = scratch_dir() / "checklists.jsonl";
    const GenerationSettings generation{.shard_size = shard_size};
    const auto lists = memo<WrittenChecklist>(path, [&](RecordSink<WrittenChecklist>& out) {
      write_checklists({policy, generation, Seed(1)}, rubric, prompts, settings, out);
    });
    REQUIRE(lists.size() == 3);
    CHECK(lists[2].reply.empty());
    CHECK(read_json(counts_file(path))["too_long_prompt"] == 1);
    CHECK(read_json(counts_file(path))["no_requirements"].get<int64_t>() >= 1);
    if (first.empty()) first = Json(lists).dump();
    CHECK(Json(lists).dump() == first);
    CHECK(Json::parse(Json(lists[0]).dump()).get<WrittenChecklist>().reply == lists[0].reply);
  }
}
