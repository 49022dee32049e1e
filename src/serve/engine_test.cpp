#include "serve/engine.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "infer/generator.h"
#include "model/policy/policy.h"
#include "support/fixtures.h"
#include "text/unicode/utf8.h"

using namespace selfreward;

namespace {

constexpr auto kNow = std::chrono::milliseconds(0);

Policy load_tiny() {
  return Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
}

AnswerPlan plan_of(const Engine& engine, const std::string& fields) {
  const Json body = parse_body("{\"prompt\": \"the sea and the wind\", " + fields + "}");
  return plan_answer(parse_request(body, /*chat=*/false, {}), engine.format(), engine.room());
}

/// Runs until nothing is left to do.
void run_all(Engine& engine) {
  engine.run([&] { return engine.unfinished() == 0; }, kNow);
}

/// The texts of all choices, joined from their pieces, and how each ended.
struct Texts {
  std::vector<std::string> texts;
  std::vector<FinishReason> reasons;
  int64_t new_tokens = 0;
  std::vector<PlacedToken> tokens;  // of the first choice
};

Texts texts_of(Reply& reply, int64_t choices) {
  Texts out{std::vector<std::string>(static_cast<size_t>(choices)),
            std::vector<FinishReason>(static_cast<size_t>(choices)),
            0,
            {}};
  while (!reply.complete())
    for (const Piece& piece : reply.take(kNow)) {
      const auto choice = static_cast<size_t>(piece.choice);
      out.texts[choice] += piece.text;
      out.new_tokens += piece.new_tokens;
      if (piece.finish) out.reasons[choice] = *piece.finish;
      if (choice == 0) out.tokens.insert(out.tokens.end(), piece.tokens.begin(), piece.tokens.end());
    }
  return out;
}

/// What one request gets of a new engine.
Texts alone(Policy& policy, const std::string& fields) {
  Engine engine(policy, {}, 1);
  const AnswerPlan plan = plan_of(engine, fields);
  const auto reply = engine.submit(plan);
  run_all(engine);
  return texts_of(*reply, plan.num_choices());
}

int status_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const ApiError& error) {
    return error.status;
  }
  return 200;
}

}  // namespace

TEST_CASE("requests of one moment and later ones get the texts that each gets alone") {
  Policy policy = load_tiny();
  const std::vector<std::string> asked = {
      R"("seed": 1, "max_tokens": 30)",
      R"("seed": 1, "max_tokens": 30)",
      R"("seed": 2, "max_tokens": 50, "n": 3, "temperature": 0.5)",
      R"("temperature": 0, "max_tokens": 7)",
      R"("seed": 3, "max_tokens": 40, "top_p": 0.6, "stop": ["e", " "])",
  };
  Engine engine(policy, {.max_batch_size = 4}, 16);
  std::vector<std::shared_ptr<Reply>> replies;
  size_t next = 0;
  const auto submit_next = [&] {
    if (next < asked.size()) replies.push_back(engine.submit(plan_of(engine, asked[next++])));
  };
  submit_next();
  submit_next();
  engine.run([&] { return submit_next(), engine.unfinished() == 0; }, kNow);
  REQUIRE(replies.size() == asked.size());
  for (size_t i = 0; i < asked.size(); ++i) {
    const int64_t choices = plan_of(engine, asked[i]).num_choices();
    const Texts expected = alone(policy, asked[i]), found = texts_of(*replies[i], choices);
    CHECK(found.texts == expected.texts);
    CHECK((found.reasons == expected.reasons));
    CHECK(found.new_tokens == expected.new_tokens);
  }
  CHECK(alone(policy, asked[2]).texts[0] != alone(policy, asked[2]).texts[1]);
}

TEST_CASE("without a seed two answers differ") {
  Policy policy = load_tiny();
  CHECK(alone(policy, R"("max_tokens": 30)").texts != alone(policy, R"("max_tokens": 30)").texts);
}

TEST_CASE("a completion is the text of generate(), cut before the first stop string") {
  Policy policy = load_tiny();
  Generator generator(policy, {});
  const TokenIds prompt = policy.chat().completion_ids("the sea and the wind");
  const SamplingSettings sampling{.max_new_tokens = 60, .temperature = 1, .top_p = 1};
  int with_stop = 0;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const TokenIds ids = generator.generate({{prompt, 1, Seed(seed)}}, sampling)[0][0].ids;
    const std::string text = policy.tokenizer().decode(ids);
    const std::string fields = str("\"max_tokens\": 60, \"seed\": ", seed);
    CHECK(alone(policy, fields).texts[0] == text);
    const std::string stop = text.substr(text.size() / 2, 2);
    if (stop.empty() || !is_valid_utf8(stop) || stop.find(kReplacementCharacter) != std::string::npos)
      continue;
    const Texts cut = alone(policy, fields + ", \"stop\": " + Json(stop).dump());
    CHECK(cut.texts[0] == text.substr(0, text.find(stop)));
    CHECK(cut.reasons[0] == FinishReason::stop);
    ++with_stop;
  }
  CHECK(with_stop > 3);
}

TEST_CASE("echo begins with the prompt, and scores every token of it but the first") {
  Policy policy = load_tiny();
  const Texts echoed = alone(policy, R"("echo": true, "max_tokens": 4, "logprobs": 2, "seed": 5, "n": 2)");
  const Texts plain = alone(policy, R"("max_tokens": 4, "seed": 5, "n": 2)");
  CHECK(echoed.texts[0] == "the sea and the wind" + plain.texts[0]);
  CHECK(echoed.texts[1] == "the sea and the wind" + plain.texts[1]);
  const TokenIds ids = policy.chat().completion_ids("the sea and the wind");
  REQUIRE(echoed.tokens.size() >= ids.size() + 1);
  CHECK(!echoed.tokens[0].score);
  for (size_t i = 1; i < echoed.tokens.size(); ++i) {
    REQUIRE(echoed.tokens[i].score);
    CHECK(echoed.tokens[i].score->top.size() == 2);
    CHECK(echoed.tokens[i].score->id == echoed.tokens[i].id);
  }
  CHECK(echoed.tokens[ids.size()].offset == 20);
  const Texts prompt_alone = alone(policy, R"("echo": true, "max_tokens": 0, "logprobs": 0)");
  CHECK(prompt_alone.texts[0] == "the sea and the wind");
  CHECK(prompt_alone.new_tokens == 0);
  CHECK(prompt_alone.tokens.size() == ids.size());
  CHECK(prompt_alone.reasons[0] == FinishReason::length);
}

TEST_CASE("a full queue is a 429, and an abandoned request frees its place") {
  Policy policy = load_tiny();
  Engine engine(policy, {}, 2);
  const auto kept = engine.submit(plan_of(engine, R"("max_tokens": 20, "seed": 1)"));
  const auto gone = engine.submit(plan_of(engine, R"("max_tokens": 200, "seed": 2, "n": 4)"));
  CHECK(status_of([&] { engine.submit(plan_of(engine, R"("max_tokens": 1)")); }) == 429);
  gone->abandon();
  int looks = 0;
  engine.run([&] { return ++looks, engine.unfinished() == 0; }, kNow);
  CHECK(looks < 60);
  CHECK(texts_of(*kept, 1).texts == alone(policy, R"("max_tokens": 20, "seed": 1)").texts);
}

TEST_CASE("who has the whole answer finds a free place") {
  Policy policy = load_tiny();
  Engine engine(policy, {}, /*max_queue=*/1);
  auto client = std::async(std::launch::async, [&] {
    for (int i = 0; i < 200; ++i) texts_of(*engine.submit(plan_of(engine, R"("max_tokens": 1)")), 1);
  });
  const auto is_ready = [&] { return client.wait_for(kNow) == std::future_status::ready; };
  engine.run(is_ready, kNow);
  CHECK_NOTHROW(client.get());
}

TEST_CASE("when the server stops, answers are completed within the grace time or end with a 503") {
  Policy policy = load_tiny();
  const auto stop_at_once = [] { return true; };
  Engine patient(policy, {}, 4);
  const auto done = patient.submit(plan_of(patient, R"("max_tokens": 20, "seed": 1)"));
  patient.run(stop_at_once, std::chrono::minutes(5));
  CHECK(texts_of(*done, 1).texts[0] != "");
  CHECK(status_of([&] { patient.submit(plan_of(patient, R"("max_tokens": 1)")); }) == 503);
  Engine hasty(policy, {}, 4);
  const auto cut = hasty.submit(plan_of(hasty, R"("max_tokens": 200, "seed": 1)"));
  hasty.run(stop_at_once, kNow);
  CHECK(status_of([&] { cut->take(kNow); }) == 503);
  CHECK(hasty.unfinished() == 0);
}

TEST_CASE("a stream tells the text while it is made, and joins to the whole") {
  Policy policy = load_tiny();
  Engine engine(policy, {}, 4);
  const auto stream = engine.submit(plan_of(engine, R"("max_tokens": 40, "seed": 1, "stream": true)"));
  const auto whole = engine.submit(plan_of(engine, R"("max_tokens": 40, "seed": 1)"));
  int looks_with_text = 0;
  std::string streamed;
  engine.run(
      [&] {
        const auto pieces = stream->take(kNow);
        for (const Piece& piece : pieces) streamed += piece.text;
        looks_with_text += pieces.empty() ? 0 : 1;
        return engine.unfinished() == 0;
      },
      kNow);
  CHECK(looks_with_text > 10);
  CHECK(stream->complete());
  CHECK(streamed == texts_of(*whole, 1).texts[0]);
}

TEST_CASE("a reader in another thread is woken when the answer is complete") {
  Policy policy = load_tiny();
  Engine engine(policy, {}, 4);
  const auto reply = engine.submit(plan_of(engine, R"("max_tokens": 40, "seed": 1)"));
  std::vector<Piece> pieces;
  std::thread reader([&] { pieces = reply->take(std::chrono::minutes(5)); });
  run_all(engine);
  reader.join();
  CHECK(reply->complete());
  CHECK(pieces.back().finish);
}
