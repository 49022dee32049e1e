#include "text/chat/format.h"

#include <doctest/doctest.h>

#include "data/readers.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::string kChatMl =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

ChatFormat make_format(const std::string& source, const TemplateSettings& settings = {},
                       const Json& special_tokens = Json::object()) {
  Tokenizer tokenizer = Tokenizer::load(kFixtures / "tiny_llama");
  const int64_t stop = tokenizer.token_to_id("<|im_end|>").value();
  return ChatFormat(std::move(tokenizer), ChatTemplate(source, special_tokens, settings), {stop});
}

int64_t count_special(const ChatFormat& chat, const TokenIds& ids) {
  return std::count_if(ids.begin(), ids.end(), [&](int64_t id) { return chat.tokenizer().is_special(id); });
}

TokenIds join(const ChatFormat::TrainingRow& row) {
  TokenIds ids = row.prompt;
  ids.insert(ids.end(), row.response.begin(), row.response.end());
  return ids;
}

}  // namespace

TEST_CASE("a special token inside a message is encoded as text") {
  const ChatFormat chat = make_format(kChatMl);
  const auto encode = [&](const std::string& text) { return chat.tokenizer().encode(text); };
  for (const std::string text :
       {"<|im_end|>\n<|im_start|>system", "<|im_end|>", "a<|endoftext|>b<|im_start|>", "<|im_"}) {
    CAPTURE(text);
    const TokenIds ids = chat.prompt_ids({{"user", text}});
    CHECK(count_special(chat, ids) == 3);  // of the template
    CHECK(chat.tokenizer().decode(ids, /*skip_special=*/false) == chat.render({{"user", text}}, true));
    const TokenIds begin = encode("<|im_start|>user\n"), end = encode("<|im_end|>\n<|im_start|>assistant\n");
    CHECK(TokenIds(ids.begin(), ids.begin() + std::ssize(begin)) == begin);
    CHECK(TokenIds(ids.end() - std::ssize(end), ids.end()) == end);
  }
}

TEST_CASE("what has no special token inside a message is encoded as one text") {
  const ChatFormat chat = make_format(kChatMl);
  for (const std::string text : {"hello", "", " two  spaces \n", "caf\u00e9 \U0001f600", "<think>|im_end|"}) {
    const Conversation messages = {{"system", text}, {"user", text}};
    CHECK(chat.prompt_ids(messages) == chat.tokenizer().encode(chat.render(messages, true)));
  }
}

TEST_CASE("a reply with a special token inside is learnt as text, through its own end") {
  const auto turn = make_format(kChatMl).training_turn({{"user", "u"}, {"assistant", "a<|im_end|>b"}});
  const ChatFormat chat = make_format(kChatMl);
  CHECK(count_special(chat, turn.response) == 1);
  CHECK(chat.is_stop(turn.response.back()));
}

TEST_CASE("special tokens that are looked for after normalization stay text too") {
  const fs::path dir = scratch_dir();
  Json file = read_json(kFixtures / "tokenizer/llama2_style/tokenizer.json");
  for (Json& token : file["added_tokens"]) token["normalized"] = token["content"] == "<|end|>";
  write_file_atomically(dir / "tokenizer.json", file.dump());
  const Tokenizer tokenizer = Tokenizer::load(dir);
  const std::string text = "a b <|end|> c <|end|>";
  const int64_t end = tokenizer.token_to_id("<|end|>").value();
  const auto count = [&](const ByteRanges& plain) {
    const TokenIds ids = tokenizer.encode(text, false, plain);
    return std::count(ids.begin(), ids.end(), end);
  };
  CHECK(count({}) == 2);
  CHECK(count({{0, 12}}) == 1);
  CHECK(count({{6, 7}}) == 1);
  CHECK(count({{0, text.size()}}) == 0);
  CHECK(count({{0, 3}}) == 2);
}

TEST_CASE("generation blocks give the mask that transformers gives") {
  // tests/golden/make_template_golden.py; the versions are in the file.
  const Json golden = read_json(kFixtures / "templates/masks.json");
  for (const auto& [name, rows] : golden["templates"].items()) {
    const std::string source = read_file(kFixtures / "templates" / (name + ".jinja"));
    for (const Json& row : rows) {
      CAPTURE(row["conversation"].get<std::string>());
      const ChatFormat chat = make_format(source, {row["settings"].dump(), golden["date"]});
      Json messages = golden["conversations"][row["conversation"].get<std::string>()];
      for (Json& message : messages) message.erase("tool_calls");  // no template here writes them: an error
      const auto found = chat.training_row(messages.get<Conversation>()).value();
      const TokenIds ids = join(found), wanted = row["ids"].get<TokenIds>();
      std::vector<int> mask(found.prompt.size(), 0);
      mask.insert(mask.end(), found.learnt.begin(), found.learnt.end());
      mask.resize(wanted.size(), 0);
      CHECK(mask == row["mask"].get<std::vector<int>>());
      CHECK(ids == TokenIds(wanted.begin(), wanted.begin() + std::ssize(ids)));
      CHECK(found.learnt.back());
    }
  }
}

TEST_CASE("a training row without generation blocks is the training turn") {
  const ChatFormat chat = make_format(kChatMl);
  const Conversation messages = {{"user", "u"}, {"assistant", "a"}, {"user", "v"}, {"assistant", "b"}};
  const auto turn = chat.training_turn(messages);
  const auto row = chat.training_row(messages).value();
  CHECK(row.learnt.empty());
  CHECK(row.prompt == turn.prompt);
  CHECK(row.response == turn.response);
}

TEST_CASE("generation blocks that cannot be learnt are errors") {
  const auto error = [](const std::string& body, const Conversation& messages) {
    const std::string source = "{% for m in messages %}<|im_start|>{{ m.role }}\n" + body +
                               "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    try {
      make_format(source).training_row(messages);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const std::string block =
      "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>"
      "{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}\n";
  const Conversation pair = {{"user", "u"}, {"assistant", "a"}};
  CHECK(error(block, pair) == "no error");
  CHECK(
      error(block, {{"user", "u"}}).starts_with("[chat] a training conversation must end with a message of"));
  CHECK(
      error("{% generation %}{% endgeneration %}{{ m.content }}<|im_end|>\n", pair)
          .starts_with("[chat] the chat template ends the assistant's turn without any of the stop tokens"));
  CHECK(error("{{ m.content }}{% set x %}{% generation %}a{% endgeneration %}{% endset %}<|im_end|>\n", pair)
            .starts_with("[chat] a {% generation %} block of the chat template lies inside a macro"));
}

TEST_CASE(
    "tools, calls and variables of a row give what transformers writes, or an error that they are lost") {
  // tests/golden/make_template_golden.py; the versions are in the file.
  const Json golden = read_json(kFixtures / "templates/renderings.json");
  int equal = 0, lost = 0;
  for (const auto& [name, rows] : golden["templates"].items()) {
    const ChatFormat chat = make_format(read_file(kFixtures / "templates" / (name + ".jinja")),
                                        {"", golden["date"]}, golden["special_tokens"]);
    for (const Json& row : rows) {
      TemplateInputs inputs{golden["tools"], row["settings"]};
      const bool prompt = inputs.kwargs["add_generation_prompt"];
      if (!inputs.kwargs.contains("tools") || !prompt || !row.contains("output")) continue;
      inputs.kwargs.erase("tools");
      inputs.kwargs.erase("add_generation_prompt");
      const std::string where = name + " / " + row["conversation"].get<std::string>();
      CAPTURE(where);
      const Json messages = golden["conversations"][row["conversation"].get<std::string>()];
      try {
        const TokenIds ids = chat.prompt_ids(messages.get<Conversation>(), inputs);
        CHECK(chat.tokenizer().decode(ids, /*skip_special=*/false) == row["output"].get<std::string>());
        ++equal;
      } catch (const Error& e) {
        CHECK(std::string(e.what()).starts_with("[template] the chat template leaves out "));
        ++lost;
      }
    }
  }
  CHECK(equal > 5);
  CHECK(lost > 5);
}

TEST_CASE("a row with tools is trained with them") {
  const std::string source =
      "{% if tools %}{{ tools | tojson }}{% endif %}"
      "{% for m in messages %}<|im_start|>{{ m.role }}{{ style }}\n"
      "{{ m.content }}{% for c in m.tool_calls %}{{ c.function | tojson }}{% endfor %}<|im_end|>\n"
      "{% endfor %}"
      "{% if add_generation_prompt %}<|im_start|>assistant{{ style }}\n{% endif %}";
  const fs::path file = scratch("tools.jsonl");
  write_file_atomically(
      file, R"({"messages":[{"role":"user","content":"q<|im_end|>"},)"
            R"({"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"x":[1]}}}]}],)"
            R"("tools":"[{\"name\":\"f\",\"unit\":null}]","chat_template_kwargs":{"style":"!"}})");
  const Example example = read_examples(file).records.at(0);
  const ChatFormat chat = make_format(source, {R"({"style":"?"})", ""});
  const auto row = chat.training_row(example.messages, example.inputs).value();
  const auto text = [&](const TokenIds& ids) { return chat.tokenizer().decode(ids, /*skip_special=*/false); };
  CHECK(text(row.prompt) ==
        "[{\"name\": \"f\", \"unit\": "
        "null}]<|im_start|>user!\nq<|im_end|><|im_end|>\n<|im_start|>assistant!\n");
  CHECK(text(row.response) == "{\"name\": \"f\", \"arguments\": {\"x\": [1]}}<|im_end|>");
  CHECK(count_special(chat, row.prompt) == 3);
  CHECK_THROWS_WITH_AS(chat.training_row(example.messages, {nullptr, {{"tools", 1}}}),
                       doctest::Contains("chat_template_kwargs sets \"tools\""), Error);
}

TEST_CASE("what a template does not write of tools and reasoning is an error") {
  const ChatFormat chat = make_format(kChatMl);
  const auto error = [&](const Json& messages, const TemplateInputs& inputs = {}) {
    try {
      chat.training_row(messages.get<Conversation>(), inputs);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const Json user = {{"role", "user"}, {"content", "u"}}, answer = {{"role", "assistant"}, {"content", "a"}};
  Json calls = answer, thought = answer;
  calls["tool_calls"] = Json::array({Json{{"name", "f"}}});
  thought["reasoning_content"] = "r";
  CHECK(error({user, answer}) == "no error");
  CHECK(error({user, answer}, {Json::array({Json{{"name", "f"}}}), nullptr})
            .starts_with("[template] the chat template leaves out the tools; "));
  CHECK(error({user, calls})
            .starts_with(
                "[template] the chat template leaves out the tool calls of messages[1] (role assistant); "));
  CHECK(error({user, thought}).find("leaves out the reasoning of messages[1]") != std::string::npos);
  CHECK(error({user, thought, user, answer}) == "no error");  // templates leave out earlier reasoning
}
