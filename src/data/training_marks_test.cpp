#include "data/training_marks.h"

#include <doctest/doctest.h>

#include "data/readers.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_of(const std::string& content) {
  const fs::path path = scratch("rows.jsonl");
  write_file_atomically(path, content);
  return path;
}

/// A conversation whose first answer has more keys.
std::string row_with(const std::string& keys) {
  return R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a")" + keys +
         R"(},{"role":"user","content":"r"},{"role":"assistant","content":"b"}]})";
}

std::optional<bool> mark_with(const std::string& keys) {
  return training_mark(read_examples(file_of(row_with(keys))).records.at(0).messages.at(1));
}

std::string error_of(const std::string& row) {
  try {
    const auto first = file_of(row);
    if (row.find("chosen") != std::string::npos)
      read_preferences(first);
    else
      read_examples(first);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("marks of a message are read under every name that tools have for them") {
  for (const char* name : {"train", "loss", "weight", "trainable", "step_loss_mask", "loss_mask"}) {
    const auto mark = [&](const char* value) { return mark_with(str(",\"", name, "\":", value)); };
    CAPTURE(name);
    CHECK(mark("false") == false);
    CHECK(mark("0") == false);
    CHECK(mark("0.0") == false);
    CHECK(mark("true") == true);
    CHECK(mark("1") == true);
    CHECK(mark("null") == std::nullopt);
    for (const char* other : {"0.5", "2", "\"false\"", "[]"}) {
      const std::string error = error_of(row_with(str(",\"", name, "\":", other)));
      CHECK(error.find(str("rows.jsonl, line 1, messages[1]: \"", name, "\" is ", other)) !=
            std::string::npos);
    }
  }
  CHECK(mark_with("") == std::nullopt);
  CHECK(mark_with(R"(,"train":false,"weight":0)") == false);
  CHECK(error_of(row_with(R"(,"train":false,"weight":1)")).find("\"weight\" contradicts") !=
        std::string::npos);
}

TEST_CASE("sharegpt messages have marks too") {
  const auto read = read_examples(file_of(
      R"({"conversations":[{"from":"human","value":"q","weight":0},{"from":"gpt","value":"a","weight":0},)"
      R"({"from":"human","value":"r"},{"from":"gpt","value":"b","loss":true}]})"));
  const Conversation& messages = read.records.at(0).messages;
  CHECK(messages[0] == Message{"user", "q"});  // never trained, so its mark says nothing new
  CHECK(training_mark(messages[1]) == false);
  CHECK(training_mark(messages[3]) == true);
}

TEST_CASE("a mark survives the file of a record") {
  const Example example = read_examples(file_of(row_with(R"(,"loss":0)"))).records.at(0);
  const Example again = parse_json(to_line(example), "test").get<Example>();
  CHECK(again.messages == example.messages);
  CHECK(training_mark(again.messages[1]) == false);
  CHECK(Json(again.messages[1]).dump() == R"({"role":"assistant","content":"a","train":false})");
}

TEST_CASE("marks that cannot be followed are errors with the row and the message") {
  CHECK(error_of(
            R"({"messages":[{"role":"user","content":"q","train":true},{"role":"assistant","content":"a"}]})")
            .find("messages[0] is marked to be trained, but has role \"user\"") != std::string::npos);
  CHECK(error_of(row_with(R"(,"train_detail":[{"begin_offset":0,"end_offset":2,"train":false}])"))
            .find("messages[1]: \"train_detail\" marks parts") != std::string::npos);
  CHECK(error_of(row_with(R"(,"train_detail":[])")) == "no error");
}

TEST_CASE("a preference pair trains its two answers alone, whatever marks say") {
  const auto pair = [](const std::string& earlier, const std::string& chosen) {
    return R"({"prompt":[{"role":"user","content":"q"},{"role":"assistant","content":"a")" + earlier +
           R"(},{"role":"user","content":"r"}],"chosen":[{"role":"assistant","content":"b")" + chosen +
           R"(}],"rejected":[{"role":"assistant","content":"c"}]})";
  };
  const auto read = read_preferences(file_of(pair(R"(,"weight":0)", R"(,"weight":1)")));
  CHECK(read.records.at(0).prompt[1] == Message{"assistant", "a"});
  CHECK(read.records.at(0).chosen_message() == Message{"assistant", "b"});
  CHECK(error_of(pair(R"(,"train":true)", "")).find("an answer in the prompt is marked to be trained") !=
        std::string::npos);
  CHECK(error_of(pair("", R"(,"train":false)")).find("is marked as not to be trained") != std::string::npos);
}
