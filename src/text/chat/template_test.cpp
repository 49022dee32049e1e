#include "text/chat/template.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

const fs::path kFolder = fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/templates";

fs::path checkpoint_with(const std::string& config, const std::string& file = "") {
  const fs::path dir = scratch_dir();
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

/// What transformers puts into scope: `data` is the conversation, tools and documents.
struct Scope {
  Json variables, data;
};

Scope scope_of(const Json& golden, const Json& row) {
  Scope scope{golden["special_tokens"],
              {{"messages", golden["conversations"][row["conversation"].get<std::string>()]},
               {"tools", nullptr},
               {"documents", nullptr}}};
  for (const auto& [name, value] : row["settings"].items()) {
    if (name == "tools")
      scope.data["tools"] = golden["tools"];
    else
      scope.variables[name] = value;
  }
  return scope;
}

Json pairs(const std::optional<ByteRanges>& ranges) {
  Json list = Json::array();
  for (const ByteRange& range : ranges.value_or(ByteRanges{})) list.push_back({range.begin, range.end});
  return list;
}

void check_rendering(const std::string& source, const Json& golden, const Json& row) {
  const JinjaTemplate parsed(source);
  const Scope scope = scope_of(golden, row);
  const auto render = [&] {
    return parsed.render(scope.variables, scope.data, template_date(golden["date"]));
  };
  if (row.contains("output")) {
    const Rendering found = render();
    CHECK(found.text == row["output"].get<std::string>());
    CHECK(pairs(found.generated) == row.value("generated", Json::array()));
  } else if (row["raised"].get<bool>()) {
    CHECK_THROWS_WITH_AS(render(), doctest::Contains(row["error"].get<std::string>().c_str()), Error);
  } else {
    CHECK_THROWS_AS(render(), Error);
  }
}

/// The bytes outside of `ranges`, a bar for each range.
std::string outside(const std::string& text, const ByteRanges& ranges) {
  std::string rest;
  size_t at = 0;
  for (const ByteRange& range : ranges) {
    rest += text.substr(at, range.begin - at) + "|";
    at = range.end;
  }
  return rest + text.substr(at);
}

}  // namespace

TEST_CASE("templates in the style of the model families render as in transformers, errors included") {
  // tests/golden/make_template_golden.py; the versions are in the file.
  const Json golden = read_json(kFolder / "renderings.json");
  REQUIRE(golden["templates"].size() == 17);
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
  const auto chat = ChatTemplate::load(checkpoint_with(config.dump()));
  CHECK(chat.render({{"user", "a"}, {"assistant", "b"}}, true) ==
        "<s>user=a</s>assistant=b</s>FalseTrueTrueTrue");
}

TEST_CASE("chat_template.jinja comes first, then the template named default") {
  const std::string list =
      R"({"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]})";
  CHECK(ChatTemplate::load(checkpoint_with(list)).render({}, false) == "D");
  CHECK(ChatTemplate::load(checkpoint_with(list, "F")).render({}, false) == "F");
  CHECK(ChatTemplate::load(checkpoint_with("", "F{{ bos_token }}")).render({}, false) == "F");
}

TEST_CASE("a checkpoint without a template says what is needed") {
  const std::string need =
      " has no \"chat_template\", and there is no chat_template.jinja beside it: a chat checkpoint is "
      "needed, or a chat_template.jinja file";
  const std::string path = (checkpoint_with("{}") / "tokenizer_config.json").string();
  CHECK(load_error(path.substr(0, path.rfind('/'))) == "[template] " + path + need);
  CHECK(load_error(checkpoint_with(R"({"chat_template": null})")) == "[template] " + path + need);
  CHECK(load_error(checkpoint_with("")) == "[template] " + path + " does not exist and" + need);
  CHECK(load_error(checkpoint_with(R"({"chat_template": [{"name": "rag", "template": "x"}]})")) ==
        "[template] " + path.substr(0, path.rfind('/')) +
            ": of its chat templates (rag) none is named \"default\"; put the one for conversations without "
            "tools into chat_template.jinja");
  CHECK(load_error(checkpoint_with(R"({"chat_template": 3})")) ==
        "[template] " + path + ": \"chat_template\" is neither a string nor a list");
  CHECK(load_error(checkpoint_with("[]")) == "[tokenizer] " + path + " is not a JSON object");
}

TEST_CASE("an error in a template names the line and the file") {
  const fs::path dir = checkpoint_with("{}", "a\n{% iff %}");
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

TEST_CASE("a rendering knows which bytes came from the data") {
  const auto marks = [](const std::string& source, const std::string& content) {
    const Json data = {{"messages", Json::array({Json{{"role", "user"}, {"content", content}, {"n", 7}}})}};
    const Rendering found = JinjaTemplate("{% set c = messages[0].content %}" + source)
                                .render({{"x", "X"}}, data, template_date(""));
    return outside(found.text, found.data) + " = " + found.text;
  };
  const std::vector<std::pair<std::string, std::string>> table = {
      {"[{{ c }}]{{ x }}", "[|]X = [ aB-cd ]X"},
      {"<{{ messages[0].role }}>", "<user> = <user>"},
      {"{{ messages[0].n }}", "7 = 7"},
      {"{{ '[' ~ c | trim + ']' }}", "[|] = [aB-cd]"},
      {"{{ (x + c + x)[1:-2] }}{{ c[1] }}", "| =  aB-cda"},
      {"{{ c.replace('-', '+') }}{{ 'a-b'.replace('-', c) }}", "|+|a|b =  aB+cd a aB-cd b"},
      {"{% for p in c.split('-') %}{{ p }}/{% endfor %}{{ c.rsplit('B', 1)[1] }}", "|/|/| =  aB/cd /-cd "},
      {"{{ c | upper }}{{ (x ~ c) | lower }}{{ c | capitalize }}", "|x| =  AB-CD x ab-cd  ab-cd "},
      {"{{ [x, c, x] | join('-') }}{{ x.join([c, c]) }}", "X-|-X|X| = X- aB-cd -X aB-cd X aB-cd "},
      {"{{ {x: c} | tojson }}{{ [c] }}", "{\"X\": \"|\"}[|] = {\"X\": \" aB-cd \"}[' aB-cd ']"},
      {"{% macro m(v) %}({{ v }}){% endmacro %}{% set b %}{{ m(c) }}!{% endset %}{{ b }}",
       "(|)! = ( aB-cd )!"},
      {"{% for d in c | trim %}{{ d }}.{% endfor %}{{ c.strip() | list | last }}",
       "|.|.|.|.|.| = a.B.-.c.d.d"},
      {"{{ c.partition('-') | last }}{{ c | length }}{{ c * 2 }}", "|7| = cd 7 aB-cd  aB-cd "},
      {"{{ '{}:{a}'.format(x, a=c) }}{{ c | indent(2, true) }}", "X:|  | = X: aB-cd    aB-cd "},
      {"{{ c | reverse }}{{ c | safe }}{{ c | e }}", "| =  dc-Ba  aB-cd  aB-cd "},
      {"{% filter upper %}x{{ c }}{% endfilter %}{{ c | default('d') | string }}", "X| = X AB-CD  aB-cd "}};
  for (const auto& [source, wanted] : table) {
    CAPTURE(source);
    CHECK(marks(source, " aB-cd ") == wanted);
  }
}

TEST_CASE("a role that is no name counts as data") {
  const Json data = {{"messages", Json::array({Json{{"role", "user|><|end"}}})}};
  const auto found = JinjaTemplate("<|{{ messages[0].role }}|>").render({}, data, template_date(""));
  CHECK(outside(found.text, found.data) == "<|||>");
}

TEST_CASE("the place of a generation block inside a macro is not known") {
  const auto generated = [](const std::string& source) {
    const JinjaTemplate parsed(source);
    CHECK(parsed.marks_generation());
    return parsed.render(Json::object(), Json::object(), template_date("")).generated;
  };
  CHECK(generated("ab{% generation %}cd{% endgeneration %}") == ByteRanges{{2, 4}});
  CHECK(generated("ab{% generation %}{% endgeneration %}") == ByteRanges{});
  CHECK(!generated("{% macro m() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ m() }}"));
  CHECK(!generated("{% set a %}{% generation %}x{% endgeneration %}{% endset %}"));
  CHECK(!generated("{% generation %}{% generation %}x{% endgeneration %}{% endgeneration %}"));
  CHECK(!JinjaTemplate("{{ 'generation' }}").marks_generation());
}

TEST_CASE("settings give a template its variables and its day") {
  const std::string source = "{{ enable_thinking }} {{ strftime_now('%A %d %b %Y') }}";
  const ChatTemplate chat(source, Json::object(), {R"({"enable_thinking": false})", "2024-02-29"});
  CHECK(chat.render({}, false) == "False Thursday 29 Feb 2024");
  const auto error = [&](const std::string& kwargs, const std::string& date, const std::string& text = "") {
    try {
      ChatTemplate(source + text, Json::object(), {kwargs, date}).render({}, false);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  CHECK(error("[1]", "") ==
        "[template] chat_template_kwargs is array, expected a JSON object as "
        "{\"enable_thinking\": false}");
  CHECK(error("{\"tools\": []}", "") ==
        "[template] chat_template_kwargs sets \"tools\", which the program sets itself");
  CHECK(error("{x", "").starts_with("[json] chat_template_kwargs is not valid JSON: "));
  for (const std::string date : {"2023-02-29", "yesterday", "2024-02-29 12:00", "29.2.2024"})
    CHECK(error("", date) == "[template] \"" + date + "\" is not a date, expected one as 2026-07-01");
  CHECK(error("", "", "{{ strftime_now('%H') }}")
            .starts_with("[template] line 1: strftime_now with %H is not supported, only dates are"));
}

TEST_CASE("messages that a template cannot write are an error with their roles") {
  const std::string advice =
      ": the chat template cannot write these messages; change them, or give the checkpoint another "
      "chat_template.jinja";
  const ChatTemplate strict(
      "{% if messages[0].role == 'system' %}{{ raise_exception('No system role') }}{% endif %}",
      Json::object());
  CHECK_THROWS_WITH_AS(strict.render({{"system", "S"}, {"user", "u"}}, true),
                       ("[template] line 1: No system role (roles: system, user)" + advice).c_str(), Error);
}

TEST_CASE("a message's reasoning goes by the names that transformers gives it") {
  const ChatTemplate chat("{{ messages[0].reasoning_content }},{{ messages[0].thinking }}", Json::object());
  for (const char* name : {"reasoning_content", "thinking", "reasoning"})
    CHECK(chat.rendering(Json::array({Json{{"role", "assistant"}, {name, "r"}}}), false).text == "r,r");
}

TEST_CASE("real templates render as in transformers") {
  // Made by tests/templates/compare.py --write from the templates of a folder; not ours to keep.
  const char* folder = std::getenv("SELFREWARD_TEMPLATES");
  const fs::path cases = fs::path(folder ? folder : "") / "cases.jsonl";
  if (!folder || !fs::exists(cases)) {
    MESSAGE("skipped: SELFREWARD_TEMPLATES names no folder with templates and cases.jsonl");
    return;
  }
  std::istringstream lines(read_file(cases));
  for (std::string line; std::getline(lines, line);) {
    const Json row = parse_json(line, cases.string()), wanted = row["wanted"];
    if (!wanted.contains("text") || !row["documents"].is_null()) continue;
    const std::string file = fs::path(row["template"].get<std::string>()).filename();
    CAPTURE(file);
    CAPTURE(line);
    const ChatTemplate chat(read_file(fs::path(folder) / file), row["special_tokens"],
                            {row["kwargs"].dump(), row["date"]});
    std::string found;
    try {
      found = chat.rendering(row["messages"], row["add_generation_prompt"], {row["tools"]}).text;
    } catch (const Error& e) {  // the one case that transformers writes and we do not
      CHECK(std::string(e.what()).find("the chat template leaves out ") != std::string::npos);
      continue;
    }
    CHECK(found == wanted["text"].get<std::string>());
  }
}
