#include <doctest/doctest.h>

#include "text/chat/format.h"

using namespace selfreward;

namespace {

constexpr const char* kStart = "{% for m in messages %}<|im_start|>{{ m.role }}\n";
constexpr const char* kEnd = "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const std::string kChatMl = str(kStart, "{{ m.content }}<|im_end|>\n", kEnd);
const std::string kBlocks =
    str(kStart, "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>",
        "{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}{{ '\n' }}", kEnd);
/// As Qwen3: what stands before </think> is written in the last message alone.
const std::string kThinking =
    str(kStart, "{{ m.content if loop.last else m.content.split('</think>')[-1] }}<|im_end|>\n", kEnd);

ChatFormat format_of(const std::string& source) {
  Tokenizer tokenizer = Tokenizer::load(SELFREWARD_SOURCE_DIR "/tests/fixtures/tiny_llama");
  const int64_t stop = tokenizer.token_to_id("<|im_end|>").value();
  return ChatFormat(std::move(tokenizer), ChatTemplate(source, Json::object()), {stop});
}

/// Four turns; the answers "a" and "b" have these marks.
Conversation conversation(std::optional<bool> first = {}, std::optional<bool> last = {},
                          const std::string& answer = "a") {
  Conversation messages = {{"user", "u"}, {"assistant", answer}, {"user", "v"}, {"assistant", "b"}};
  const auto mark = [](Message& message, std::optional<bool> train) {
    if (train) message.full = {{"role", message.role}, {"content", message.content}, {"train", *train}};
  };
  mark(messages[1], first);
  mark(messages[3], last);
  return messages;
}

/// The whole row as text, what is trained in [[ ]]; "nothing" where no answer is.
std::string shown(const std::string& source, const Conversation& messages, TrainOn train_on) {
  const ChatFormat chat = format_of(source);
  const auto row = chat.training_row(messages, {}, train_on);
  if (!row) return "nothing";
  const auto text = [&](int64_t id) { return chat.tokenizer().decode({id}, /*skip_special=*/false); };
  std::string shown = chat.tokenizer().decode(row->prompt, /*skip_special=*/false);
  bool inside = false;
  for (size_t i = 0; i < row->response.size(); ++i) {
    const bool learnt = row->learnt.empty() || row->learnt[i];
    if (learnt != inside) shown += learnt ? "[[" : "]]";
    inside = learnt;
    shown += text(row->response[i]);
  }
  return shown + (inside ? "]]" : "");
}

const std::string kFirst = "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n";
const std::string kMiddle = "\n<|im_start|>user\nv<|im_end|>\n<|im_start|>assistant\n";

}  // namespace

TEST_CASE("the last answer is trained, or every one, through the token that ends it") {
  CHECK(shown(kChatMl, conversation(), TrainOn::last) ==
        kFirst + "a<|im_end|>" + kMiddle + "[[b<|im_end|>]]");
  CHECK(shown(kChatMl, conversation(), TrainOn::all) ==
        kFirst + "[[a<|im_end|>]]" + kMiddle + "[[b<|im_end|>]]");
  for (const TrainOn train_on : {TrainOn::last, TrainOn::all})  // the template says it
    CHECK(shown(kBlocks, conversation(), train_on) ==
          kFirst + "[[a<|im_end|>]]" + kMiddle + "[[b<|im_end|>]]");
}

TEST_CASE("a mark goes before the setting and before generation blocks") {
  const std::string both = kFirst + "[[a<|im_end|>]]" + kMiddle + "[[b<|im_end|>]]";
  const std::string first = kFirst + "[[a<|im_end|>]]";
  const std::string last = kFirst + "a<|im_end|>" + kMiddle + "[[b<|im_end|>]]";
  for (const std::string& source : {kChatMl, kBlocks}) {
    CAPTURE(source);
    CHECK(shown(source, conversation(false), TrainOn::all) == last);
    CHECK(shown(source, conversation(false), TrainOn::last) == last);
    CHECK(shown(source, conversation(true), TrainOn::last) == both);
    CHECK(shown(source, conversation({}, false), TrainOn::all) == first);
    CHECK(shown(source, conversation(true, false), TrainOn::last) == first);
    CHECK(shown(source, conversation(true, true), TrainOn::last) == both);
    CHECK(shown(source, conversation(false, false), TrainOn::all) == "nothing");
  }
  CHECK(shown(kChatMl, conversation({}, false), TrainOn::last) == "nothing");
}

TEST_CASE("an earlier answer that the template writes differently later cannot be trained") {
  const auto error = [](const Conversation& messages, TrainOn train_on) {
    try {
      return shown(kThinking, messages, train_on);
    } catch (const Error& e) {
      return std::string(e.what());
    }
  };
  const Conversation thought = conversation({}, {}, "<think>t</think>a");
  CHECK(error(conversation(), TrainOn::all).find("[[a<|im_end|>]]") != std::string::npos);
  CHECK(error(thought, TrainOn::last).ends_with("[[b<|im_end|>]]"));
  const std::string wanted =
      "[chat] the chat template writes messages[1] differently where other messages follow";
  CHECK(error(thought, TrainOn::all).starts_with(wanted));
  CHECK(error(conversation(true, {}, "<think>t</think>a"), TrainOn::last).starts_with(wanted));
}

TEST_CASE("marks that cannot be matched with generation blocks are an error") {
  const std::string one_block =
      str("{% generation %}{{ messages[1].content }}{% endgeneration %}", kStart,
          "{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{{ '\n' }}", kEnd);
  CHECK_THROWS_WITH_AS(shown(one_block, conversation(false), TrainOn::last),
                       doctest::Contains("{% generation %} blocks for 2 messages of the assistant"), Error);
}

TEST_CASE("answers of several steps with tools are trained each") {
  const std::string source =
      str(kStart, "{{ m.content }}{% for c in m.tool_calls %}{{ c.name }}{% endfor %}", "<|im_end|>\n", kEnd);
  Message call{"assistant", "", {{"role", "assistant"}, {"tool_calls", Json::array({Json{{"name", "f"}}})}}};
  const Conversation messages = {{"user", "u"}, call, {"tool", "r"}, {"assistant", "b"}};
  CHECK(shown(source, messages, TrainOn::all) ==
        kFirst + "[[f<|im_end|>]]\n<|im_start|>tool\nr<|im_end|>\n<|im_start|>assistant\n[[b<|im_end|>]]");
}
