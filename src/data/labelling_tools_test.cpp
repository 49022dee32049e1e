#include "data/labelling_tools.h"

#include <doctest/doctest.h>

#include "data/readers.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::vector<std::string> kAnswers = {"The Loire.", "No.", "A river is water."};

Filtered<RankedAnswers> read(const Json& rows) {
  const fs::path path = scratch("export.json");
  write_file_atomically(path, rows.dump());
  return read_ranked(path);
}

std::string error_of(const Json& row) {
  try {
    read(Json::array({row}));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Json golden(const char* form) {
  return read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/data/argilla.json").at(form);
}

/// A task of Label Studio whose Ranker sorted three answers, by one person or several.
Json ranker_task(const std::vector<std::vector<std::string>>& orders) {
  Json items = Json::array(), annotations = Json::array();
  for (size_t i = 0; i < kAnswers.size(); ++i) items.push_back({{"id", str("a", i)}, {"body", kAnswers[i]}});
  for (const auto& order : orders) {
    const Json said = {{"type", "ranker"}, {"from_name", "rank"}, {"value", {{"ranker", {{"rank", order}}}}}};
    annotations.push_back({{"was_cancelled", false}, {"result", Json::array({said})}});
  }
  return {{"id", 7}, {"data", {{"prompt", "Name a river."}, {"items", items}}}, {"annotations", annotations}};
}

Json pairwise_task(const std::string& selected) {
  const Json said = {{"type", "pairwise"}, {"value", {{"selected", selected}}}};
  return {{"id", 8},
          {"data", {{"prompt", "Which?"}, {"answer1", "one"}, {"answer2", "two"}}},
          {"annotations", Json::array({{{"result", Json::array({said})}}})}};
}

}  // namespace

TEST_CASE(
    "what argilla 2.8.0 exports: several people's rankings, by their mean, without a model's suggestions") {
  const auto nested = read(golden("nested"));
  REQUIRE(nested.records.size() == 3);
  CHECK(nested.records[0].id == "q1");
  CHECK(nested.records[0].prompt == "Name a river.");
  CHECK(nested.records[0].answers == kAnswers);
  CHECK(nested.records[0].ranks == std::vector<double>{0, 2, 1});
  CHECK(nested.records[1].ranks == std::vector<double>{0.5, 2, 0.5});
  CHECK(nested.dropped == std::map<std::string, int64_t>{{"not_ranked", 1}});
}

TEST_CASE("as columns argilla says what was a draft, which does not count") {
  const auto columns = read(golden("columns"));
  REQUIRE(columns.records.size() == 3);
  CHECK(columns.records[1].ranks == std::vector<double>{0.5, 2, 0.5});
  CHECK(columns.records[2].id == "q4");
  CHECK(columns.records[2].ranks == std::vector<double>{0, 2, 1});
  CHECK(columns.dropped == std::map<std::string, int64_t>{{"not_ranked", 1}, {"not_submitted", 1}});
}

TEST_CASE("a ranking of some of the answers is left out, two questions that rank are an error") {
  Json rows = golden("nested");
  rows[0]["responses"]["ranking"].push_back({{"value", {"response-3", "response-1"}}});
  const auto partly = read(rows);
  CHECK(partly.records[0].ranks == std::vector<double>{0, 2, 1});
  CHECK(partly.dropped.at("partly_ranked") == 1);
  rows[0]["responses"]["style"] = rows[0]["responses"]["ranking"];
  CHECK(error_of(rows[0]).find("both \"ranking\" and \"style\" rank fields") != std::string::npos);
}

TEST_CASE("a row that everybody ranked in part is left out as a row") {
  const auto kept = read(Json::array({ranker_task({{"a0"}, {"a0", "a2"}})}));
  CHECK(kept.records.empty());
  CHECK(kept.dropped == std::map<std::string, int64_t>{{"not_ranked", 1}, {"partly_ranked", 2}});
}

TEST_CASE("drafts, single answers and rows of another shape in argilla's export") {
  Json rows = golden("nested");
  rows[0]["responses"]["ranking"][0]["status"] = "draft";
  CHECK(read(rows).dropped.at("not_submitted") == 1);
  const Json one = {{"fields", {{"prompt", "Name a river."}, {"answer", "The Loire."}}},
                    {"responses", {{"ranking", {{{"value", {"answer"}}}}}}}};
  CHECK(read(Json::array({one})).dropped == std::map<std::string, int64_t>{{"fewer_than_two_answers", 1}});
  rows = golden("columns");
  rows.push_back({{"prompt", "Which?"}, {"answers", {"a", "b"}}, {"ranks", {0, 1}}});
  CHECK_THROWS_WITH_AS(read(rows),
                       doctest::Contains("no \"QUESTION.responses\", which an Argilla record has"), Error);
  rows = golden("columns");
  rows[0]["ranking.responses.status"] = "submitted";
  CHECK(error_of(rows[0]).find("\"ranking.responses.status\" must be a list, found string") !=
        std::string::npos);
  rows = golden("nested");
  rows[0]["responses"] = nullptr;
  CHECK(read(rows).dropped.at("not_ranked") ==
        2);  // also as the first row, and one that nobody has ranked either
  rows[0].erase("responses");
  rows.push_back(rows[0]);
  rows.erase(0);
  CHECK_THROWS_WITH_AS(read(rows), doctest::Contains("needs \"responses\" beside \"fields\""), Error);
}

TEST_CASE("Label Studio's Ranker sorts the list that has its ids, and sorts it once") {
  Json task = ranker_task({{"a0", "a2", "a1"}});
  const Json items = task["data"]["items"];
  task["data"] = {{"prompt", "Name a river."},
                  {"context", {{{"id", "d0"}, {"title", "Rivers of France"}}}},
                  {"items", items}};
  CHECK(read(Json::array({task})).records.at(0).answers == kAnswers);
  Json both = ranker_task({{"a0"}, {"a0", "a2", "a1"}});  // the first person stopped early
  both["data"] = task["data"];
  const auto kept = read(Json::array({both}));
  CHECK(kept.records.at(0).ranks == std::vector<double>{0, 2, 1});
  CHECK(kept.dropped == std::map<std::string, int64_t>{{"partly_ranked", 1}});
  both = ranker_task({{"a0", "z"}});
  both["data"] = task["data"];
  CHECK(error_of(both).find("the Ranker has sorted ids that no list of the task has") != std::string::npos);
  Json same = ranker_task({{"a0", "a2", "a1"}});
  same["data"] = task["data"];
  same["data"]["context"] = items;  // the same ids in two lists
  CHECK(error_of(same).find("the lists context and items have the ids that are ranked") != std::string::npos);
  same["data"]["context"].push_back({{"id", "a3"}, {"body", "more"}});  // and one that nobody ranked
  CHECK(read(Json::array({same})).records.at(0).answers == kAnswers);
  same["annotations"] = Json::array();
  CHECK(read(Json::array({same})).dropped == std::map<std::string, int64_t>{{"not_ranked", 1}});
  task["data"]["context"].push_back(task["data"]["context"][0]);  // nobody sorts that list
  CHECK(read(Json::array({task})).records.size() == 1);
  task["data"]["items"].push_back(items[0]);
  CHECK(error_of(task).find("two items have the id \"a0\"") != std::string::npos);
  task["data"]["items"] = items;
  Json& said = task["annotations"][0]["result"];
  said.push_back(said[0]);
  CHECK(error_of(task).find("an annotation has 2 rankings, wanted one") != std::string::npos);
}

TEST_CASE("Label Studio's Ranker and Pairwise") {
  const auto ranked =
      read(Json::array({ranker_task({{"a0", "a2", "a1"}, {"a2", "a0", "a1"}}), ranker_task({})}));
  REQUIRE(ranked.records.size() == 1);
  CHECK(ranked.records[0].id == "7");
  CHECK(ranked.records[0].answers == kAnswers);
  CHECK(ranked.records[0].ranks == std::vector<double>{0.5, 2, 0.5});
  CHECK(ranked.dropped.at("not_ranked") == 1);
  const auto pairs = read(Json::array({pairwise_task("left"), pairwise_task("right")}));
  REQUIRE(pairs.records.size() == 2);
  CHECK(pairs.records[0].ranks == std::vector<double>{0, 1});
  CHECK(pairs.records[1].ranks == std::vector<double>{1, 0});
}

TEST_CASE("Label Studio's exports that cannot be read say why") {
  Json task = ranker_task({{"a0", "a1", "a2"}});
  Json& value = task["annotations"][0]["result"][0]["value"];
  value = {{"ranker", {{"good", {"a0"}}, {"bad", {"a1", "a2"}}}}};
  CHECK(error_of(task).find("2 buckets (good, bad), which have no order") != std::string::npos);
  CHECK(error_of(pairwise_task("both")).find("\"selected\" is \"both\", wanted left or right") !=
        std::string::npos);
  task = ranker_task({{"a0", "a1", "a2"}});
  task["data"].erase("items");
  CHECK(error_of(task).find("no list of items with \"id\" and \"body\"") != std::string::npos);
  task["annotations"][0].erase("result");
  CHECK(error_of(task).find("is this Label Studio's JSON export") != std::string::npos);
  task["annotations"][0]["was_cancelled"] = true;
  task["data"]["items"] = ranker_task({})["data"]["items"];
  CHECK(read(Json::array({task})).dropped ==
        std::map<std::string, int64_t>{{"annotation_cancelled", 1}, {"not_ranked", 1}});
}
