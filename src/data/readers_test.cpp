#include "data/readers.h"

#include <doctest/doctest.h>

#include <numeric>

#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_of(const std::string& name, const std::string& content) {
  const fs::path path = scratch(name);
  write_file_atomically(path, content);
  return path;
}

Filtered<Example> examples_of(const std::string& content) {
  return read_examples(file_of("seed.jsonl", content));
}
Filtered<RankedAnswers> ranked_of(const std::string& content) {
  return read_ranked(file_of("ranked.jsonl", content));
}

const Conversation kHello{{"user", "hi"}, {"assistant", "hello"}};

/// One Open Assistant message; `more` holds further keys.
std::string message(const std::string& text, const std::string& more, const std::string& replies = "") {
  return str(R"({"message_id":"m-)", text, R"(","text":")", text,
             R"(","lang":"en","deleted":false,"synthetic":false,)", R"("review_result":true,"replies":[)",
             replies, "]", more, "}");
}
std::string tree(const std::string& root_keys, const std::string& replies) {
  return R"({"message_tree_id":"t","tree_state":"ready_for_export","prompt":)" +
         message("q", root_keys, replies) + "}\n";
}

}  // namespace

TEST_CASE("every instruction format gives the same conversation") {
  const std::vector<std::string> rows = {
      R"({"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]})",
      R"({"prompt":"hi","completion":"hello"})",
      R"({"prompt":[{"role":"user","content":"hi"}],"completion":[{"role":"assistant","content":"hello"}]})",
      R"({"instruction":"hi","input":"","output":"hello"})",
      R"({"instruction":"hi","output":"hello","system":null})",
      tree("", message("hello", R"(,"rank":0)") + "," + message("no", R"(,"rank":1)")),
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    const auto examples = examples_of(row).records;
    REQUIRE(examples.size() == 1);
    CHECK(examples[0].messages.back() == kHello.back());
    CHECK(examples[0].messages.size() == 2);
    CHECK(examples[0].source == "seed.jsonl");
  }
}

TEST_CASE("an alpaca input follows the instruction and its system text leads") {
  const auto example =
      examples_of(R"({"instruction":"add","input":"1 2","output":"3","system":"be brief"})").records.at(0);
  CHECK(example.messages == Conversation{{"system", "be brief"}, {"user", "add\n\n1 2"}, {"assistant", "3"}});
}

TEST_CASE("our own rows keep their id and source; other rows are numbered by line") {
  const auto own = examples_of(
      R"({"id":"a","source":"eft","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}]})");
  CHECK(own.records[0].id == "a");
  CHECK(own.records[0].source == "eft");
  const auto numbered =
      examples_of(
          "{\"prompt\":\"a\",\"completion\":\"b\"}\n\n{\"prompt\":\"c\",\"completion\":\"d\",\"id\":7}\n"
          "{\"prompt\":\"e\",\"completion\":\"f\"}\r\n")
          .records;
  CHECK(numbered[0].id == "seed-1");
  CHECK(numbered[1].id == "7");
  CHECK(numbered[2].id == "seed-4");
  CHECK(numbered[2].messages[1].content == "f");
}

TEST_CASE("a JSON array holds the same rows as JSON lines") {
  const auto array = examples_of(
      "\xef\xbb\xbf [\n {\"prompt\":\"a\",\"completion\":\"b\"},\n {\"prompt\":\"c\",\"completion\":\"d\"}]");
  REQUIRE(array.records.size() == 2);
  CHECK(array.records[1].id == "seed-2");
}

TEST_CASE("a bad row is an error with file, line and reason") {
  const std::string good = "{\"prompt\":\"a\",\"completion\":\"b\"}\n";
  const std::string chat =
      R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}]})"
      "\n";
  const std::vector<std::pair<std::string, std::string>> table = {
      {good + R"({"prompt":"a"})", "seed.jsonl, line 2: key \"completion\" is missing; the row has: prompt"},
      {good + R"({"prompt":"a","completion":3})",
       "line 2: \"completion\" must be a string or a list of messages, found number"},
      {good + R"({"prompt":"a","completion":[{"role":"assistant"}]})",
       "completion[0]: key \"content\" is missing"},
      {good + R"({"prompt":"a","completion":["b"]})", "expected {role, content}, found string"},
      {good + "[1]", "line 2: expected a JSON object, found array"},
      {good + "{\"prompt\":", "line 2 is not valid JSON"},
      {good + "{\"prompt\":\"\xff\",\"completion\":\"b\"}", "line 2 is not valid JSON"},
      {chat + R"({"messages":"hi"})", "line 2"},
      {chat + R"({"messages":[{"role":"human","content":"q"},{"role":"assistant","content":"r"}]})",
       "role \"human\""},
      {R"({"instruction":"a","output":"b","input":4})", "\"input\" must be a string, found number"},
      {R"({"text":"a"})", "plain text for language modelling"},
      {R"({"a":1})", "unknown format; the row has: a"},
      {R"({"prompt":"a","answers":["b","c"],"ranks":[0,1]})", "are the IFT and EFT files swapped?"},
      {R"([{"prompt":"a","completion":"b"},{"prompt":"a"}])",
       "seed.jsonl, row 2: key \"completion\" is missing"},
      {tree("", "") + good, "line 2: \"prompt\" must be an Open Assistant message"},
      {"{}", "the row has: no keys"},
      {"\n \n", "has no rows"},
  };
  for (const auto& [content, reason] : table) {
    CAPTURE(content);
    CHECK_THROWS_WITH_AS(examples_of(content), doctest::Contains(reason.c_str()), Error);
  }
}

TEST_CASE("a bad ranked row is an error with its reason") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"prompt":"a","answers":["b","c"],"ranks":[0]})", "2 answers and 1 ranks"},
      {R"({"prompt":"a","answers":["b"],"ranks":[0]})", "two or more"},
      {R"({"prompt":"a","answers":["b","c"],"ranks":["0","1"]})", "ranks must be numbers, found string"},
      {R"({"prompt":"a","answers":["b",null],"ranks":[0,1]})", "answers must be strings, found null"},
      {R"({"prompt":"a","answers":["b",""],"ranks":[0,1]})", "answer 1 is empty"},
      {R"({"prompt":"a","answers":{},"ranks":[0,1]})", "\"answers\" must be a list, found object"},
      {R"({"prompt":"a","completion":"b"})",
       "instruction data (data.ift and `sft` read it), where ranked answers were wanted"},
      {tree("", R"({"text":"x","rank":"0"})"), "\"rank\" must be a number"},
      {tree("", "7"), "a reply must be an object"},
  };
  for (const auto& [content, reason] : table) {
    CAPTURE(content);
    CHECK_THROWS_WITH_AS(ranked_of(content), doctest::Contains(reason.c_str()), Error);
  }
}

TEST_CASE("our own ranked rows keep ties and need no id") {
  const auto group = ranked_of(R"({"prompt":"a","answers":["b","c","d"],"ranks":[0,1,1]})").records.at(0);
  CHECK(group.id == "ranked-1");
  CHECK(group.ranks == std::vector<double>{0, 1, 1});
}

TEST_CASE("Open Assistant trees that do not count are counted by reason") {
  const std::string best = message("a", R"(,"rank":0)");
  const std::vector<std::pair<std::string, std::string>> table = {
      {tree(R"(,"lang":"de")", best), "other_language"},
      {tree(R"(,"deleted":true)", best), "deleted"},
      {tree(R"(,"synthetic":true)", best), "synthetic"},
      {tree(R"(,"review_result":null)", best), "review_not_passed"},
      {tree("", message("a", R"(,"rank":0,"synthetic":true)")), "synthetic"},
      {tree("", message("a", R"(,"rank":0,"review_result":false)")), "review_not_passed"},
      {tree("", message("a", R"(,"rank":null)") + "," + message("b", R"(,"rank":1)")), "no_rank_0_reply"},
      {tree("", ""), "no_rank_0_reply"},
      {R"({"tree_state":"growing","prompt":)" + message("q", "", best) + "}", "tree_not_ready"},
  };
  for (const auto& [content, reason] : table) {
    CAPTURE(content);
    const auto result = examples_of(content);
    CHECK(result.records.empty());
    CHECK(result.dropped == std::map<std::string, int64_t>{{reason, 1}});
  }
}

TEST_CASE("messages of Open Assistant are read in the languages that are asked for") {
  const std::string german = R"(,"lang":"de")", rank = R"(,"rank":0)";
  const std::string rows = tree("", message("a", rank)) + tree(german, message("b", german + rank)) +
                           tree(german, message("c", rank));  // an English reply to a German prompt
  const fs::path path = file_of("languages.jsonl", rows);
  const auto texts = [&](const Languages& languages) {
    std::string found;
    for (const Example& example : read_examples(path, languages).records)
      found += example.messages.back().content;
    return found;
  };
  CHECK(texts({"en"}) == "a");
  CHECK(texts({"de"}) == "b");
  CHECK(texts({"de", "en"}) == "abc");
  CHECK(read_examples(path, {"fr"}).dropped == std::map<std::string, int64_t>{{"other_language", 3}});
  const std::string two = message("a", german + rank) + "," + message("b", german + R"(,"rank":1)");
  const fs::path ranked = file_of("ranked_languages.jsonl", tree(german, two));
  CHECK(read_ranked(ranked).dropped == std::map<std::string, int64_t>{{"other_language", 1}});
  CHECK(read_ranked(ranked, {"de"}).records.at(0).answers == std::vector<std::string>{"a", "b"});
}

TEST_CASE("replies that do not count leave a group, and a group needs two") {
  const auto group = [](const std::string& third) {
    return ranked_of(
        tree("", message("a", R"(,"rank":1)") + "," + message("b", R"(,"rank":0)") + "," + third));
  };
  const auto result = group(message("c", R"(,"rank":2,"synthetic":true)"));
  CHECK(result.records.at(0).id == "m-q");
  CHECK(result.records[0].answers == std::vector<std::string>{"a", "b"});
  CHECK(result.records[0].ranks == std::vector<double>{1, 0});
  CHECK(result.dropped == std::map<std::string, int64_t>{{"reply_synthetic", 1}});
  CHECK(group(message("c", "")).dropped.at("reply_unranked") == 1);
  CHECK(ranked_of(tree("", message("a", R"(,"rank":0)"))).dropped.at("fewer_than_two_ranked_replies") == 1);
}

// The counts of the real file were made by a separate few lines of Python: trees whose root and rank-0 reply
// are English, human, not deleted and reviewed; of 100 trees 5 have synthetic prompts, 1 has no ranks at all.
TEST_CASE("100 real Open Assistant trees give 94 instructions and 94 groups of 313 ranked replies") {
  const fs::path path = SELFREWARD_SOURCE_DIR "/../shared/data/oasst/en_100_tree.jsonl";
  if (!fs::exists(path)) {
    MESSAGE("skipped: ", path.string(), " is absent");
    return;
  }
  const auto examples = read_examples(path);
  CHECK(examples.records.size() == 94);
  CHECK(examples.dropped == std::map<std::string, int64_t>{{"synthetic", 5}, {"no_rank_0_reply", 1}});
  const auto ranked = read_ranked(path);
  CHECK(ranked.records.size() == 94);
  CHECK(ranked.dropped == std::map<std::string, int64_t>{
                              {"synthetic", 5}, {"fewer_than_two_ranked_replies", 1}, {"reply_unranked", 3}});
  CHECK(std::accumulate(ranked.records.begin(), ranked.records.end(), size_t{0},
                        [](size_t sum, const RankedAnswers& group) { return sum + group.answers.size(); }) ==
        313);
  for (size_t i = 0; i < 94; ++i) CHECK(examples.records[i].id == ranked.records[i].id);
}
