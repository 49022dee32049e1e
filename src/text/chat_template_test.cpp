#include "text/chat_template.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

const fs::path kFolder = fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/templates";

fs::path scratch(const std::string& config, const std::string& file = "") {
  const fs::path dir = fs::temp_directory_path() / "selfreward_chat_template_test";
  fs::remove_all(dir);
  fs::create_directories(dir);
  if (!config.empty()) write_file_atomically(dir / "tokenizer_config.json", config);
  if (!file.empty()) write_file_atomically(dir / "chat_template.jinja", file);
  return dir;
}

std::string load_error(const fs::path& dir) {
  try {
    ChatTemplate::load(dir);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

/// What transformers puts into scope.
Json variables_of(const Json& golden, const Json& row) {
  Json variables = golden["special_tokens"];
  variables["messages"] = golden["conversations"][row["conversation"].get<std::string>()];
  variables["tools"] = variables["documents"] = nullptr;
  for (const auto& [name, value] : row["settings"].items())
    variables[name] = name == "tools" ? golden["tools"] : value;
  return variables;
}

void check_rendering(const std::string& source, const Json& golden, const Json& row) {
  const JinjaTemplate parsed(source);
  const Json variables = variables_of(golden, row);
  if (row.contains("output")) {
    CHECK(parsed.render(variables) == row["output"].get<std::string>());
  } else if (row["raised"].get<bool>()) {
    CHECK_THROWS_WITH_AS(parsed.render(variables), doctest::Contains(row["error"].get<std::string>().c_str()),
                         Error);
  } else {
    CHECK_THROWS_AS(parsed.render(variables), Error);
  }
}

}  // namespace

TEST_CASE("templates in the style of the model families render as in transformers, errors included") {
  // tests/golden/make_template_golden.py; the versions are in the file.
  const Json golden = read_json(kFolder / "renderings.json");
  REQUIRE(golden["templates"].size() == 12);
  for (const auto& [name, rows] : golden["templates"].items()) {
    const std::string source = read_file(kFolder / (name + ".jinja"));
    REQUIRE(rows.size() > 30);
    for (const Json& row : rows) {
      const std::string where = name + " / " + row["conversation"].get<std::string>();
      CAPTURE(where);
      check_rendering(source, golden, row);
    }
  }
}

TEST_CASE("a checkpoint's template is given its special tokens and no tools") {
  const Json config = {
      {"bos_token", {{"content", "<s>"}, {"special", true}}},
      {"eos_token", "</s>"},
      {"pad_token", nullptr},
      {"chat_template",
       "{{ bos_token }}{% for m in messages %}{{ m.role }}={{ m.content }}{{ eos_token }}{% endfor %}"
       "{{ pad_token is defined }}{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}"}};
  const auto chat = ChatTemplate::load(scratch(config.dump()));
  CHECK(chat.render({{"user", "a"}, {"assistant", "b"}}, true) ==
        "<s>user=a</s>assistant=b</s>FalseTrueTrueTrue");
}

TEST_CASE("chat_template.jinja comes first, then the template named default") {
  const std::string list =
      R"({"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]})";
  CHECK(ChatTemplate::load(scratch(list)).render({}, false) == "D");
  CHECK(ChatTemplate::load(scratch(list, "F")).render({}, false) == "F");
  CHECK(ChatTemplate::load(scratch("", "F{{ bos_token }}")).render({}, false) == "F");
}

TEST_CASE("a checkpoint without a template says what is needed") {
  const std::string need =
      " has no \"chat_template\", and there is no chat_template.jinja beside it: a chat checkpoint is "
      "needed, or a "
      "chat_template.jinja file";
  const std::string path = (scratch("{}") / "tokenizer_config.json").string();
  CHECK(load_error(path.substr(0, path.rfind('/'))) == "[template] " + path + need);
  CHECK(load_error(scratch(R"({"chat_template": null})")) == "[template] " + path + need);
  CHECK(load_error(scratch("")) == "[template] " + path + " does not exist and" + need);
  CHECK(load_error(scratch(R"({"chat_template": [{"name": "rag", "template": "x"}]})")) ==
        "[template] " + path + ": the list \"chat_template\" has no template named \"default\"");
  CHECK(load_error(scratch(R"({"chat_template": 3})")) ==
        "[template] " + path + ": \"chat_template\" is neither a string nor a list");
  CHECK(load_error(scratch("[]")) == "[template] " + path + " is not a JSON object");
}

TEST_CASE("an error in a template names the line and the file") {
  const fs::path dir = scratch("{}", "a\n{% iff %}");
  CHECK(load_error(dir) == "[template] line 2: the tag {% iff %} is not supported or not expected here (in " +
                               (dir / "chat_template.jinja").string() + ")");
}

TEST_CASE("minimind's own template renders as in transformers") {
  const fs::path dir = fs::path(SELFREWARD_SOURCE_DIR) / "../shared/data/tokenizers/minimind";
  if (!fs::exists(dir / "tokenizer_config.json")) {
    MESSAGE("skipped: no " << dir.string());
    return;
  }
  const auto chat = ChatTemplate::load(dir);
  // transformers 5.23.0, AutoTokenizer.from_pretrained(dir).apply_chat_template(..., tokenize=False)
  CHECK(chat.render({{"system", "Be brief."}, {"user", "Hi \xf0\x9f\x98\x80"}}, true) ==
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi \xf0\x9f\x98\x80<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n");
  CHECK(chat.render(
            {{"user", "q"}, {"assistant", "<think>\nhm\n</think>\n\nA"}, {"user", "r"}, {"assistant", "B"}},
            false) ==
        "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<think>\nhm\n</think>\n\nA<|im_end|>\n"
        "<|im_start|>user\nr<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\nB<|im_end|>\n");
}
