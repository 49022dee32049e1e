#include "playground/pretraining.h"

#include <doctest/doctest.h>

#include <map>

#include "base/regex.h"
#include "base/text_util.h"
#include "playground/judging.h"
#include "playground/words.h"

using namespace selfreward;
using namespace selfreward::playground;
using TextKind = PretrainingText::Kind;

namespace {
/// The request and word of a judge prompt.
std::pair<Request, std::string> judged(const std::string& prompt) {
  const auto match = Regex("^judge : (.*) answer : (.*) ;$").search(prompt);
  REQUIRE(match.has_value());
  const auto request = parse_request((*match)[1].in(prompt));
  REQUIRE(request.has_value());
  return {*request, parse_word((*match)[2].in(prompt))};
}
}  // namespace

TEST_CASE("pretraining texts are 45 % answers, 45 % judgements and 10 % lists") {
  std::map<TextKind, double> counts;
  for (int i = 0; i < 4000; ++i) ++counts[pretraining_text(Seed(1), i).kind];
  CHECK(counts[TextKind::answer] / 4000 == doctest::Approx(0.45).epsilon(0.06));
  CHECK(counts[TextKind::judgement] / 4000 == doctest::Approx(0.45).epsilon(0.06));
  CHECK(counts[TextKind::list] / 4000 == doctest::Approx(0.10).epsilon(0.15));
}

TEST_CASE("an answer is a user turn with a request and an assistant turn with a word") {
  for (int i = 0; i < 200; ++i) {
    const PretrainingText text = pretraining_text(Seed(2), i);
    if (text.kind != TextKind::answer) continue;
    REQUIRE(text.conversation.size() == 2);
    CHECK(text.conversation[0].role == "user");
    CHECK(parse_request(text.conversation[0].content).has_value());
    CHECK(text.conversation[1].role == "assistant");
    CHECK(!parse_word(text.conversation[1].content).empty());
  }
}

TEST_CASE("a quarter of the verdicts are wrong") {
  int wrong = 0, total = 0;
  for (int i = 0; i < 3000; ++i) {
    const PretrainingText text = pretraining_text(Seed(3), i);
    if (text.kind != TextKind::judgement) continue;
    const auto [request, word] = judged(text.conversation[0].content);
    const auto parts = Regex(" (yes|no) ;").find_all(text.conversation[1].content);
    const auto right = right_verdicts(request.requirements, word);
    REQUIRE(parts.size() == right.size());
    for (size_t k = 0; k < right.size(); ++k, ++total)
      wrong += (parts[k][1].in(text.conversation[1].content) == "yes") != right[k];
  }
  CHECK(static_cast<double>(wrong) / total == doctest::Approx(0.25).epsilon(0.08));
}

TEST_CASE("a list numbers three to five prompts after its header and ends with the end token") {
  const Regex form(R"(\Alist of tasks :(?:\n[1-5]\. [^\n]*[^\n ]){3,5}<\|end\|>\z)");
  int lists = 0;
  for (int i = 0; i < 1000; ++i) {
    const PretrainingText text = pretraining_text(Seed(4), i);
    if (text.kind != TextKind::list) continue;
    ++lists;
    CHECK_MESSAGE(form.matches(text.text), text.text);
    for (const auto& match : Regex(R"(\n[0-9]\. ([^\n<]*))").find_all(text.text))
      CHECK(parse_request(match[1].in(text.text)).has_value());
  }
  CHECK(lists > 50);
  CHECK(prompt_list({"x", "y"}) == "list of tasks :\n1. x\n2. y");
}
