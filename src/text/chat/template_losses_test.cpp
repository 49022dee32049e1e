#include "text/chat/template_losses.h"

#include <doctest/doctest.h>

#include "text/chat/template.h"

using namespace selfreward;

namespace {

Json message(const char* role, const char* content) {
  return {{"role", role}, {"content", content}};
}

std::string error_of(const std::string& source, const Json& messages, bool prompt = true,
                     const TemplateInputs& inputs = {}) {
  try {
    ChatTemplate(source, Json::object()).rendering(messages, prompt, inputs);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

/// Writes messages of these roles alone.
std::string writing(const std::string& roles) {
  return "{% for m in messages %}{% if m.role in [" + roles +
         "] %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}";
}

const Json kUser = message("user", "u"), kAnswer = message("assistant", "a");

}  // namespace

TEST_CASE("a message of any role that the template leaves out is an error with its number and role") {
  for (const char* role : {"system", "function", "tool", "user", "narrator"}) {
    const std::string name = str("the chat template leaves out messages[1] (role ", role, "); ");
    CAPTURE(name);
    const std::string found = error_of(writing("'assistant'"), {kAnswer, message(role, "text"), kAnswer});
    CHECK(found.find(name) != std::string::npos);
    CHECK(error_of(writing("'assistant'"), {kAnswer, message(role, " \n"), kAnswer}) == "no error");
  }
  const std::string first_system_only =
      "{% for m in messages %}{% if m.role != 'system' or loop.first %}{{ m.content }}{% endif %}{% endfor "
      "%}";
  CHECK(error_of(first_system_only, {message("system", "s"), kUser}) == "no error");
  CHECK(error_of(first_system_only, {message("system", "s"), message("system", "t"), kUser})
            .find("leaves out messages[1] (role system)") != std::string::npos);
  CHECK(error_of(first_system_only, {kUser, message("system", "late")}).find("messages[1]") !=
        std::string::npos);
}

TEST_CASE("a message is missed also where another one says the same") {
  CHECK(error_of(writing("'user', 'assistant'"), {message("system", "u"), kUser})
            .find("leaves out messages[0] (role system)") != std::string::npos);
  CHECK(error_of("u" + writing("'assistant'"), {kUser, kAnswer}).find("messages[0]") != std::string::npos);
}

TEST_CASE("what a template rewrites, moves or cuts is not lost") {
  const Json messages = {message("system", " S "), message("user", "U\n"),
                         message("assistant", "<think>t</think>A"), message("user", "V")};
  for (const std::string source :
       {"{% for m in messages %}{{ m.content | trim | upper }}{% endfor %}",
        "{% for m in messages | reverse %}{{ m.content | tojson }}{% endfor %}",
        "{% for m in messages[1:] %}{{ m.content.split('</think>')[-1] }}{% endfor %}{{ messages[0].content "
        "}}",
        "{{ messages[0].content[:2] }}{% for m in messages[1:] %}{{ m.content | replace('\n', ' ') }}{% "
        "endfor %}",
        "{{ messages }}", "{% for m in messages %}{{ m.content | length }}{% endfor %}"}) {
    CAPTURE(source);
    CHECK(error_of(source, messages) == "no error");
  }
}

TEST_CASE("a developer's message is the system's where the template has no place for a developer") {
  const auto render = [](const std::string& source, const Json& messages) {
    return ChatTemplate(source, Json::object()).rendering(messages, true).text;
  };
  const Json messages = {message("developer", "D"), kUser};
  CHECK(render(writing("'system', 'user'"), messages) == "<system>D<user>u");
  CHECK(render(writing("'system', 'user', 'developer'"), messages) == "<developer>D<user>u");
  CHECK(render("{% if messages[0].role == 'developer' %}{{ raise_exception('who?') }}{% endif %}" +
                   writing("'system', 'user'"),
               messages) == "<system>D<user>u");
  CHECK(error_of(writing("'user'"), messages).find("leaves out messages[0] (role developer)") !=
        std::string::npos);
}

TEST_CASE("every tool call, the last message's reasoning and the tools must show") {
  Json calls = message("assistant", ""), thought = message("assistant", "a");
  calls["tool_calls"] = {{{"name", "f"}}, {{"type", "function"}, {"function", {{"name", "g"}}}}};
  thought["reasoning"] = "r";
  const std::string wanted = "the chat template leaves out the tool calls of messages[1] (role assistant)";
  CHECK(error_of(writing("'user', 'assistant'"), {kUser, calls}).find(wanted) != std::string::npos);
  const std::string first =
      "{% for c in m.tool_calls %}{% if loop.first %}{{ c.name }}{% endif %}{% endfor %}";
  const std::string all = "{% for c in m.tool_calls %}{{ (c.function or c).name }}{% endfor %}";
  const auto with_calls = [](const std::string& body) {
    return "{% for m in messages %}{{ m.content }}" + body + "{% endfor %}";
  };
  CHECK(error_of(with_calls(first), {kUser, calls}).find(wanted) != std::string::npos);
  CHECK(error_of(with_calls(all), {kUser, calls}) == "no error");
  CHECK(error_of(with_calls(""), {kUser, thought}, false).find("the reasoning of messages[1]") !=
        std::string::npos);
  CHECK(error_of(with_calls("{{ m.reasoning_content }}"), {kUser, thought}, false) == "no error");
  CHECK(error_of(with_calls(""), {kUser, thought, kUser}) == "no error");  // earlier reasoning
  const TemplateInputs tools{Json::array({Json{{"name", "f"}}}), nullptr};
  CHECK(error_of(with_calls(""), Json::array({kUser}), true, tools).find("leaves out the tools") !=
        std::string::npos);
  CHECK(error_of(with_calls("") + "{{ tools | tojson }}", Json::array({kUser}), true, tools) == "no error");
}

TEST_CASE("long conversations with repeated texts are searched in no time") {
  Json messages = Json::array();
  for (int i = 0; i < 2000; ++i)
    messages.push_back(message(i % 2 ? "assistant" : "user", "aaaaaaaaaaaaaaaaaaaa"));
  CHECK(error_of(writing("'user', 'assistant'"), messages) == "no error");
  messages[1000]["role"] = "function";
  CHECK(error_of(writing("'user', 'assistant'"), messages).find("messages[1000]") != std::string::npos);
}
