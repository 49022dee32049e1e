// The files of a tokenizer taken together, against transformers: tests/golden/make_tokenizer_files_golden.py.
#include <doctest/doctest.h>

#include "support/scratch.h"
#include "text/chat/format.h"
#include "text/tokenizer/files.h"

using namespace selfreward;

namespace {

const Json& golden() {
  static const Json json = read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/tokenizer_files.json");
  return json;
}

fs::path write_case(const Json& row) {
  const fs::path dir = scratch_dir();
  Json tokenizer = golden()["tokenizer"];
  tokenizer["added_tokens"] = row["added_tokens"];
  write_file_atomically(dir / "tokenizer.json", tokenizer.dump());
  const Json files = row.value("files", Json::object());
  for (const auto& [name, content] : files.items())
    write_file_atomically(dir / name, content.is_string() ? content.get<std::string>() : content.dump());
  return dir;
}

void check_rows(const Tokenizer& tokenizer, const Json& rows) {
  for (const Json& row : rows) {
    CAPTURE(row.dump());
    const auto ids = row["ids"].get<TokenIds>();
    CHECK(tokenizer.encode(row["text"].get<std::string>()) == ids);
    if (row.contains("skipped")) CHECK(row["skipped"] == tokenizer.decode(ids));
  }
}

std::string error_of(const Json& files) {
  const fs::path dir = write_case({{"added_tokens", Json::array()}, {"files", files}});
  try {
    ChatTemplate::load(dir);
    Tokenizer::load(dir);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("special and added tokens are those of all files, as transformers settles what they say") {
  for (const Json& row : golden()["cases"]) {
    CAPTURE(row["title"].get<std::string>());
    const fs::path dir = write_case(row);
    check_rows(Tokenizer::load(dir), row["rows"]);
    const Json named = named_tokens(tokenizer_settings(read_tokenizer_files(dir), dir.string()));
    CHECK(LookupJson::parse(named.dump()) == LookupJson::parse(row["named"].dump()));
  }
}

TEST_CASE("the template named tool_use writes conversations with tools, wherever it stands") {
  const Conversation messages = {{"user", "hi"}};
  for (const Json& row : golden()["cases"]) {
    if (!row.contains("chat")) continue;
    CAPTURE(row["title"].get<std::string>());
    const auto chat = ChatTemplate::load(write_case(row));
    CHECK(row["chat"] == chat.render(messages, false));
    const TemplateInputs inputs{.tools = golden()["tools"]};
    if (row["chat_with_tools"] == row["chat"])  // transformers writes no tools and says nothing
      CHECK_THROWS_WITH_AS(chat.rendering(messages, false, inputs), doctest::Contains("leaves out the tools"),
                           Error);
    else
      CHECK(row["chat_with_tools"] == chat.rendering(messages, false, inputs).text);
  }
}

TEST_CASE("tools that tool_use leaves out are missed, whatever the other template writes") {
  const Json files = {{"tokenizer_config.json",
                       {{"eos_token", "<|old|>"},
                        {"chat_template",
                         {{"default", "{{ messages[0].content }}<|old|>"},
                          {"tool_use", "to {{ messages[0].content }}<|old|>"}}}}}};
  const auto chat = ChatFormat::load(write_case({{"added_tokens", Json::array()}, {"files", files}}), {});
  const TemplateInputs inputs{.tools = golden()["tools"]};
  CHECK_THROWS_WITH_AS(chat.prompt_ids({{"user", "hi"}}, inputs), doctest::Contains("leaves out the tools"),
                       Error);
}

TEST_CASE("chat_template.json, of a processor, is read where nothing else has a template") {
  const Json old = {{"chat_template", "old"}};
  const auto text = [](const Json& files) {
    return ChatTemplate::load(write_case({{"added_tokens", Json::array()}, {"files", files}}))
        .render({}, false);
  };
  CHECK(text({{"chat_template.json", old}}) == "old");
  CHECK(text({{"chat_template.json", old}, {"tokenizer_config.json", {{"chat_template", "new"}}}}) == "new");
}

TEST_CASE("all files of a tokenizer are read, named templates too") {
  const fs::path dir = write_case({{"added_tokens", Json::array()},
                                   {"files",
                                    {{"special_tokens_map.json", Json::object()},
                                     {"additional_chat_templates/rag.jinja", "x"},
                                     {"additional_chat_templates/notes.txt", "no template"},
                                     {"model.safetensors", "no tokenizer"}}}});
  std::string names;
  for (const auto& [name, content] : read_tokenizer_files(dir)) names += name + " ";
  CHECK(names == "additional_chat_templates/rag.jinja special_tokens_map.json tokenizer.json ");
}

TEST_CASE("files of another form are named") {
  const std::tuple<std::string, Json, std::string> cases[] = {
      {"special_tokens_map.json", Json::array(), "special_tokens_map.json is not a JSON object"},
      {"tokenizer_config.json",
       {{"chat_template", "x"}, {"added_tokens_decoder", {{"x", {{"content", "y"}}}}}},
       "tokenizer_config.json: added_tokens_decoder has \"x\": {\"content\":\"y\"}, expected the id"},
      {"tokenizer_config.json", {{"chat_template", Json::array({"x"})}}, "has no name or no text"},
      {"additional_chat_templates/tool_use.jinja", "{% iff %}", "none is named \"default\""}};
  for (const auto& [name, content, message] : cases) {
    const std::string error = error_of({{name, content}});
    CAPTURE(error);
    CHECK(error.find(message) != std::string::npos);
  }
}

TEST_CASE("tokens that take spaces along: what an earlier one took is not found again") {
  for (const Json& row : golden()["stripped"]) check_rows(Tokenizer::load(write_case(row)), row["rows"]);
}
