#include "base/yaml_map.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const fs::path kFile = scratch("yaml_map.yaml");

YamlMap map_of(const std::string& text) {
  write_file_atomically(kFile, text);
  return YamlMap::read(kFile, "[x]");
}

/// The error of `work` without the name of the file; "no error" where there is none.
template <typename Work>
std::string error_of_map(const std::string& text, const Work& work) {
  const std::string start = "[x] " + kFile.string();
  try {
    work(map_of(text));
  } catch (const Error& error) {
    return std::string(error.what()).substr(start.size());
  }
  return "no error";
}

}  // namespace

TEST_CASE("values are read by their keys") {
  const YamlMap yaml = map_of("name: a b\nmax: 2.5\nlist: [x, 1]\nrules:\n- {when: a}\n- {when: b}\n");
  CHECK(yaml.text("name") == "a b");
  CHECK(yaml.number("max") == 2.5);
  CHECK(yaml.text("max") == "2.5");
  CHECK(yaml.texts("list") == std::vector<std::string>{"x", "1"});
  CHECK(yaml.maps("rules").at(1).text("when") == "b");
  CHECK(yaml.text("other", "x") == "x");
  CHECK(yaml.number("max", 7) == 2.5);
  CHECK(yaml.number("other", 7) == 7);
  CHECK(yaml.has("name"));
  CHECK(!yaml.has("nam"));
  CHECK(yaml.place("max") == "[x] " + kFile.string() + ", line 2: max");
  CHECK(yaml.maps("rules")[1].place("when") == "[x] " + kFile.string() + ", line 6: rules[1].when");
}

TEST_CASE("a value of another type says where it is, what it is and what was wanted") {
  const auto number = [](const YamlMap& yaml) { yaml.number("a"); };
  CHECK(error_of_map("b: 1\na: five\n", number) == ", line 2: a is \"five\", expected a finite number");
  CHECK(error_of_map("a: .nan\n", number) == ", line 1: a is \".nan\", expected a finite number");
  CHECK(error_of_map("a: -.inf\n", number) == ", line 1: a is \"-.inf\", expected a finite number");
  CHECK(error_of_map("a: [1]\n", number) == ", line 1: a is a list, expected a finite number");
  CHECK(error_of_map("b: 1\n", number) == ": a is missing, expected a number");
  const auto text = [](const YamlMap& yaml) { yaml.text("a"); };
  CHECK(error_of_map("a:\n", text) == ", line 1: a is empty, expected a text");
  const auto texts = [](const YamlMap& yaml) { yaml.texts("a"); };
  CHECK(error_of_map("a: b\n", texts) == ", line 1: a is \"b\", expected a list of texts");
  CHECK(error_of_map("a: [b, [c]]\n", texts) == ", line 1: a[1] is a list, expected a text");
  const auto rule = [](const YamlMap& yaml) { yaml.maps("a").at(0).text("when"); };
  CHECK(error_of_map("a: [b]\n", rule) == ", line 1: a[0] is \"b\", expected keys and values");
  CHECK(error_of_map("a: [{then: 1}]\n", rule) == ": a[0].when is missing, expected a text");
}

TEST_CASE("an unknown key names the nearest") {
  const auto allow = [](const YamlMap& yaml) { yaml.allow({"template", "name"}); };
  CHECK(error_of_map("name: a\n", allow) == "no error");
  CHECK(error_of_map("nam: a\n", allow) ==
        ", line 1: unknown key 'nam'; did you mean 'name'? Known are template, name");
  CHECK(error_of_map("zzz: a\n", allow) == ", line 1: unknown key 'zzz'; known are template, name");
  CHECK(error_of_map("[a]: b\n", allow) == ", line 1: a key is a list, expected text");
  const auto inside = [](const YamlMap& yaml) { yaml.maps("a").at(0).allow({"when"}); };
  CHECK(error_of_map("a: [{then: 1}]\n", inside) ==
        ", line 1: a[0]: unknown key 'then'; did you mean 'when'? Known are when");
}

TEST_CASE("a file that is no map, or more than one document, is refused") {
  const auto nothing = [](const YamlMap&) {};
  CHECK(error_of_map("", nothing) == ": the file is empty, expected keys and values");
  CHECK(error_of_map("- a\n", nothing) == ": the file is a list, expected keys and values");
  CHECK(error_of_map("a text\n", nothing) == ": the file is one text, expected keys and values");
  CHECK(error_of_map("a: 1\na: 2\n", nothing) == ", line 2: a is set a second time, after line 1");
  CHECK(error_of_map("a: 1\n---\nb: 2\n", nothing)
            .starts_with(", line 2, column 1: expected the end of the file"));
}
