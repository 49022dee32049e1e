// `inspect data` as a person runs it.
#include <doctest/doctest.h>

#include <cstdlib>

#include "base/files.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::string kModel = SELFREWARD_SOURCE_DIR "/tests/fixtures/tiny_llama";

/// What the command prints about a file of `content`, errors too.
std::string inspect(const std::string& content, const std::string& more = "") {
  write_file_atomically(scratch("data.jsonl"), content);
  const fs::path printed = scratch("printed.txt");
  const std::string command = std::string(SELFREWARD_PROGRAM) + " inspect data " +
                              scratch("data.jsonl").string() + " " + more + " > " + printed.string() +
                              " 2>&1";
  static_cast<void>(std::system(command.c_str()));
  return read_file(printed);
}

void check_lines(const std::string& printed, const std::vector<std::string>& lines) {
  CAPTURE(printed);
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(printed.find(line) != std::string::npos);
  }
}

const std::string kExamples =
    "{\"prompt\":\"hi\",\"completion\":\"hello\"}\n"
    "{\"prompt\":\"hi\",\"completion\":\"\"}\n"
    "{\"prompt\":\"hi\",\"completion\":\"hello there\"}\n"
    "{\"prompt\":\"hi\",\"completion\":\"hello\"}\n";

}  // namespace

TEST_CASE("instruction data: format, counts, places of what is left out, duplicates") {
  check_lines(inspect(kExamples),
              {"data.jsonl: 1 file, JSON lines; prompt and completion", "rows             4\n",
               "kept             3\n", "left out         1: empty_answer 1 (", "data.jsonl, line 2)",
               "assistant: 3, user: 3", "user turns: rows 1: 3", "system prompts   none",
               "2 rows whose prompt was there before, 1 of them with the same answers",
               "row 1 of 3, id data-1", "user: hi\nanswer: [[hello]]", "[[hello there]]"});
}

TEST_CASE("with a model the rows are rendered and the trained tokens marked") {
  check_lines(inspect(kExamples, "--model " + kModel),
              {"prompt, tokens", "answer, tokens", "whole row, tokens",
               "<|im_start|>user\nhi<|im_end|><|im_start|>assistant\n[[hello<|im_end|>]]"});
}

TEST_CASE("preference pairs: scores, ties and both answers") {
  const std::string pairs =
      "{\"prompt\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\",\"score_chosen\":3,\"score_rejected\":3}\n"
      "{\"prompt\":\"q\",\"chosen\":\"a\",\"rejected\":\"c\",\"score_chosen\":1,\"score_rejected\":3}\n"
      "{\"prompt\":\"q\",\"chosen\":\"a\",\"rejected\":\"a\"}\n";
  check_lines(inspect(pairs), {"preference pairs", "left out         1: chosen_is_rejected 1 (",
                               "2 pairs; mean margin -1, ties 1, the rejected one higher in 1",
                               "chosen, characters", "chosen: [[a]]\nrejected: [[b]]"});
  check_lines(
      inspect(pairs, "--model " + kModel),
      {"rejected, tokens", "<|im_start|>assistant\n\nchosen: [[a<|im_end|>]]\n\nrejected: [[b<|im_end|>]]"});
}

TEST_CASE("rows with tools are counted and shown with their calls; a template without tools is named") {
  const std::string rows = R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                           R"("content":null,"tool_calls":[{"name":"f"}]}],)"
                           R"("tools":[{"name":"f"}]})"
                           "\n";
  check_lines(inspect(rows), {"tools            in 1 rows\n", "tools: [{\"name\":\"f\"}]\nuser: q\n",
                              "answer: [[[{\"name\":\"f\"}]]]"});
  check_lines(inspect(rows, "--model " + kModel),
              {"cannot be trained with this model: 1 rows; the first: ", "leaves out the tools;"});
}

TEST_CASE("what marks and --train-on say of a conversation is shown, with and without a model") {
  const auto row = [](const std::string& first, const std::string& last) {
    return R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a")" + first +
           R"(},{"role":"user","content":"r"},{"role":"assistant","content":"b")" + last + "}]}\n";
  };
  const std::string first = "<|im_start|>user\nq<|im_end|><|im_start|>assistant\n";
  const std::string last = "<|im_start|>user\nr<|im_end|><|im_start|>assistant\n";
  check_lines(inspect(row("", "")), {"earlier answers  1, in prompts, which are not trained",
                                     "assistant: a\nuser: r\nanswer: [[b]]"});
  check_lines(inspect(row("", ""), "--train-on all"),
              {"earlier answers  1, 1 of them trained", "assistant: [[a]]\nuser: r\nanswer: [[b]]"});
  check_lines(inspect(row("", ""), "--train-on all --model " + kModel),
              {first + "[[a<|im_end|>]]" + last + "[[b<|im_end|>]]"});
  check_lines(inspect(row(R"(,"weight":1)", R"(,"weight":0)")),
              {"earlier answers  1, 1 of them trained", "assistant: [[a]]\nuser: r\nanswer: b\n"});
  check_lines(inspect(row("", R"(,"train":false)"), "--model " + kModel),
              {"not trained, as marks leave no answer to train: 1 rows"});
}

TEST_CASE("languages other than English are read where they are asked for") {
  const std::string tree =
      R"({"message_tree_id":"t","tree_state":"ready_for_export","prompt":{"message_id":"m","text":"frage",)"
      R"("lang":"de","review_result":true,"replies":[{"message_id":"n","text":"antwort","lang":"de",)"
      R"("review_result":true,"rank":0}]}})"
      "\n";
  check_lines(inspect(tree), {"kept             0", "other_language 1"});
  check_lines(inspect(tree, "--languages de,en"), {"kept             1", "user: frage\nanswer: [[antwort]]"});
}

TEST_CASE("ranked answers are shown without a mask") {
  check_lines(inspect("{\"prompt\":\"q\",\"answers\":[\"a\",\"b\"],\"ranks\":[0,1]}\n"),
              {"ranked answers", "answer 2, characters", "answer 1: a\nanswer 2: b"});
}

TEST_CASE("a file that cannot be read says why in one line") {
  check_lines(inspect("{\"text\":\"a\"}\n"),
              {"error: [data] ", "data.jsonl, line 1: \"text\" is plain text"});
  check_lines(inspect("{\"prompt\":\"a\",\"completion\":\"\"}\n"), {"kept             0\n"});
}
