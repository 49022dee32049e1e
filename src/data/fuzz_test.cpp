// Whatever stands in a file, reading it ends with records or with an Error: files cut off at every place,
// bytes that were changed, every key with a value of every other type, numbers without end, deep nesting.
#include <doctest/doctest.h>

#include "base/seed.h"
#include "data/readers.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::vector<std::string> kRows = {
    R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"id":1,"source":"s"})",
    R"({"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}],"system":"s"})",
    R"({"prompt":"q","completion":"a"})",
    R"({"prompt":[{"role":"user","content":"q"}],"completion":[{"role":"assistant","content":"a"}]})",
    R"({"prompt":"q","response":"a"})",
    R"({"instruction":"q","input":"i","output":"a","system":"s","history":[["q","a"]]})",
    R"({"instruction":"q","context":"c","response":"a"})",
    R"({"prompt":"q","answers":["a","b"],"ranks":[0,1]})",
    R"({"instruction":"q","generations":["a","b"],"ratings":[1,2]})",
    R"({"prompt":"q","chosen":"a","rejected":"b","score_chosen":1,"chosen_ids":[1],"rejected_ids":[2]})",
    R"({"chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]})",
    R"({"chosen":"\n\nHuman: q\n\nAssistant: a","rejected":"\n\nHuman: q\n\nAssistant: b"})",
    R"({"tree_state":"ready_for_export","prompt":{"message_id":"m","text":"q","lang":"en","review_result":true,"replies":[{"text":"a","lang":"en","rank":0,"review_result":true},{"text":"b","lang":"en","rank":1,"review_result":true}]}})",
    R"({"message_id":"m","parent_id":null,"text":"q","role":"prompter","message_tree_id":"m","lang":"en","review_result":true})",
};

const std::vector<std::string> kValues = {"null",
                                          "-3",
                                          "18446744073709551615",
                                          "\"\"",
                                          "\"x\"",
                                          "[]",
                                          "{}",
                                          "[null]",
                                          "[[]]",
                                          "[\"x\"]",
                                          R"([{"role":1,"content":2}])",
                                          R"([{"role":"tool","content":"x"}])",
                                          R"([{"from":"human","value":null}])",
                                          R"({"text":1,"replies":[{}]})"};

/// Records are kept, or an Error says why not; any other exception fails the test.
template <typename Read>
void read_or_refuse(Read read, const fs::path& path) {
  try {
    read(path);
  } catch (const Error& error) {
    CHECK(std::string(error.what()).size() > 10);
  }
}

const auto kReadExamples = [](const fs::path& path) { return read_examples(path); };
const auto kReadRanked = [](const fs::path& path) { return read_ranked(path); };

void read_in_every_way(const std::string& content, const std::string& name = "fuzz.jsonl") {
  const fs::path path = scratch(name);
  std::FILE* file =
      std::fopen(path.c_str(), "wb");  // not synced to the disk: there are thousands of these files
  REQUIRE(file != nullptr);
  std::fwrite(content.data(), 1, content.size(), file);
  std::fclose(file);
  read_or_refuse(kReadExamples, path);
  read_or_refuse(kReadRanked, path);
  read_or_refuse(read_preferences, path);
}

/// Every value inside `json` in turn replaced by `value`, the whole given to `use`.
template <typename Use>
void replace_each(Json& json, const Json& value, Use use) {
  if (!json.is_structured()) return;
  for (Json& part : json) {
    const Json kept = part;
    part = value;
    use();
    part = kept;
    replace_each(part, value, use);
  }
}

std::string nested(const std::string& open, const std::string& middle, const std::string& close, int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += middle;
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

}  // namespace

TEST_CASE("every row format is read in one of the ways") {
  for (const std::string& row : kRows) {
    const fs::path path = scratch("row.jsonl");
    write_file_atomically(path, row);
    int read = 0;
    const auto attempt = [&](auto reader) {
      try {
        read += !reader(path).records.empty() || !reader(path).dropped.empty();
      } catch (const Error&) {
      }
    };
    attempt(kReadExamples);
    attempt(kReadRanked);
    attempt(read_preferences);
    CAPTURE(row);
    CHECK(read > 0);
  }
}

TEST_CASE("values of wrong types end with an error or a counted row") {
  for (const std::string& text : kRows)
    for (const std::string& value : kValues) {
      Json row = Json::parse(text);
      const std::string good = text + "\n";
      replace_each(row, Json::parse(value), [&] {
        read_in_every_way(row.dump());
        read_in_every_way(good + row.dump());
      });
    }
}

TEST_CASE("files that are cut off or changed end with an error or with records") {
  const Seed seed(7);
  for (const std::string& row : kRows) {
    const std::string lines = row + "\n" + row + "\n", array = "[" + row + "," + row + "]";
    for (const std::string& whole : {lines, array})
      for (uint64_t i = 0; i < 25; ++i) {
        const auto place = [&](uint64_t n) {
          return static_cast<size_t>(seed.uniform(n) * static_cast<double>(whole.size()));
        };
        read_in_every_way(whole.substr(0, place(3 * i)));
        std::string changed = whole;
        changed[place(3 * i + 1)] = static_cast<char>(seed.uniform(3 * i + 2) * 256);
        read_in_every_way(changed);
      }
  }
}

TEST_CASE("endless numbers, deep nesting and bytes that are no text end with an error") {
  for (const std::string& value :
       {std::string("1e999"), std::string(5000, '9'), "-" + std::string(5000, '9'),
        std::string("\"\xff\xfe\""), std::string("\"\\ud800\""), std::string("\"a\0b\"", 5),
        std::string("NaN"), std::string("Infinity"), nested("[", "", "]", 100'000),
        nested("{\"a\":", "1", "}", 100'000), std::string(100'000, '['),
        nested("[{\"role\":\"user\",\"content\":", "1", "}]", 50'000)}) {
    read_in_every_way("{\"prompt\":" + value + ",\"completion\":\"a\"}");
    read_in_every_way("{\"prompt\":\"q\",\"completion\":" + value + "}");
    read_in_every_way("{\"messages\":" + value + "}");
    read_in_every_way("[{\"chosen\":" + value + ",\"rejected\":" + value + "}]");
    read_in_every_way(value);
  }
}

TEST_CASE("Parquet files that are cut off or changed end with an error or with records") {
  const Seed seed(8);
  for (const char* name : {"messages", "pairs", "types", "open_assistant"}) {
    const std::string whole =
        read_file(fs::path(SELFREWARD_SOURCE_DIR "/tests/fixtures/data") / (str(name, ".parquet")));
    for (uint64_t i = 0; i < 40; ++i) {
      const auto place = [&](uint64_t n) {
        return static_cast<size_t>(seed.uniform(n) * static_cast<double>(whole.size()));
      };
      read_in_every_way(whole.substr(0, place(3 * i)), "fuzz.parquet");
      std::string changed = whole;
      changed[place(3 * i + 1)] = static_cast<char>(seed.uniform(3 * i + 2) * 256);
      read_in_every_way(changed, "fuzz.parquet");
    }
  }
}
