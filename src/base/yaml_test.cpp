#include "base/yaml.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace selfreward;

namespace {
std::string error_of_yaml(const std::string& text) {
  try {
    parse_yaml(text, "[x] a.yaml");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}
}  // namespace

TEST_CASE("a document is read, and none is null") {
  CHECK(parse_yaml("a: {b: [1, 2]}", "")["a"]["b"][1].as<int>() == 2);
  CHECK(parse_yaml("# nothing\n", "").IsNull());
  CHECK(parse_yaml("---\na: 1\n...\n", "")["a"].as<int>() == 1);
}

TEST_CASE("text behind the document and broken text are errors with their place") {
  const std::string more =
      ": expected the end of the file, found more text (a second ---, or a bracket too many?)";
  CHECK(error_of_yaml("a: 1\n---\nb: 2\n") == "[x] a.yaml, line 2, column 1" + more);
  CHECK(error_of_yaml("a: 1\n...\n---\n- 1\n") == "[x] a.yaml, line 3, column 1" + more);
  CHECK(error_of_yaml("a: {b: 1}}\n") ==
        "[x] a.yaml, line 1, column 10: this is not valid YAML: illegal flow end");
  CHECK(error_of_yaml(std::string("a\0b", 3)) == "[x] a.yaml: found a zero byte, expected UTF-8 text");
}

TEST_CASE("a key that stands twice in one place is an error with both lines") {
  CHECK(error_of_yaml("a: 1\nb: 2\na: 3\n") == "[x] a.yaml, line 3: a is set a second time, after line 1");
  CHECK(error_of_yaml("a: {b: 1, \"b\": 2}\n") ==
        "[x] a.yaml, line 1: a.b is set a second time, after line 1");
  CHECK(error_of_yaml("a:\n- b: 1\n  c: 2\n- b: 1\n  b: 2\n") ==
        "[x] a.yaml, line 5: a.b is set a second time, after line 4");
  CHECK(error_of_yaml("a: {x: {y: 1}}\na: 2\n") ==
        "[x] a.yaml, line 2: a is set a second time, after line 1");
}

TEST_CASE("keys of other places, and values that look like keys, do not clash") {
  for (const char* text :
       {"a: {c: 1}\nb: {c: 1}\n", "- {c: 1}\n- {c: 1}\n", "a: a\nb: a\n", "a: [a, a]\nb:\nc:\n",
        "x: &n {c: 1}\ny: *n\nz: *n\n", "[a]: 1\n[b]: a\na: 2\n", "a: [[], {}]\nb: []\n"})
    CHECK_MESSAGE(error_of_yaml(text) == "no error", text);
}
