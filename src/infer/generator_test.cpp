#include "infer/generator.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "base/text_util.h"
#include "model/policy/causal_lm.h"
#include "model/policy/policy.h"
#include "support/fixtures.h"

using namespace selfreward;

namespace {

Policy load(const fs::path& dir, const std::string& dtype = "float32") {
  return Policy::load(dir, {.device = "cpu", .dtype = dtype});
}

SamplingParams params(int64_t max_new_tokens, double temperature) {
  return SamplingSettings{.max_new_tokens = max_new_tokens, .temperature = temperature};
}

/// Requests whose prompts share prefixes in several ways.
std::vector<GenerationRequest> mixed_requests(const Policy& policy) {
  std::vector<GenerationRequest> requests;
  const std::string common = "Write a short story about a small dog and a very big tree in the garden";
  for (int i = 0; i < 7; ++i)
    requests.push_back(
        {policy.chat().prompt_ids({{"user", common + std::string(static_cast<size_t>(i % 4), '!')}}),
         1 + i % 3, Seed(5).child(i)});
  requests.push_back({{5, 6, 7}, 2, Seed(5).child("short")});
  return requests;
}

std::vector<std::vector<TokenIds>> ids_of(const std::vector<std::vector<Completion>>& completions) {
  std::vector<std::vector<TokenIds>> ids;
  for (const auto& samples : completions) {
    ids.emplace_back();
    for (const Completion& completion : samples) ids.back().push_back(completion.ids);
  }
  return ids;
}

/// One token at a time by the full forward, without a cache.
TokenIds sample_plainly(Policy& policy, const GenerationRequest& request, int64_t sample,
                        const SamplingParams& p) {
  const at::NoGradGuard no_grad;
  TokenIds ids = request.prompt, made;
  while (std::ssize(made) < p.max_new_tokens) {
    TokenTree tree;
    tree.add(kNoParent, ids);
    const torch::Tensor hidden = policy.model().hidden_states(tree_batch(tree, at::kCPU));
    const torch::Tensor logits =
        policy.model().logits(hidden.narrow(0, tree.num_tokens() - 1, 1)).to(at::kFloat).contiguous();
    made.push_back(sample_token(logits.data_ptr<float>(), logits.size(1), p, request.seed.child(sample),
                                std::ssize(made)));
    ids.push_back(made.back());
    if (policy.chat().is_stop(made.back())) break;
  }
  return made;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text)
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  return lines;
}

constexpr int64_t kLongAnswer = 120;

/// The first request gets a long answer; the others share a prompt that leaves room for 8 tokens.
std::pair<std::vector<GenerationRequest>, SamplingParams> one_long_and_many_short() {
  std::vector<GenerationRequest> requests = {{{5, 6, 7}, 1, Seed(1)}};
  for (int64_t i = 0; i < 8; ++i) {
    TokenIds prompt(240, 9);
    prompt.resize(248, 20 + i);
    requests.push_back({prompt, 1, Seed(2).child(i)});
  }
  SamplingParams p = params(kLongAnswer, 0.8);
  p.ignore_eos = true;
  return {requests, p};
}

/// Of each completion, in the order in which they are done.
std::vector<int64_t> steps_until_done(Policy& policy, const GenerationSettings& settings) {
  const auto [requests, p] = one_long_and_many_short();
  std::vector<int64_t> done;
  int64_t step = 0;
  Generator(policy, settings).generate(requests, p, [&, step](int64_t count, int64_t) mutable {
    done.resize(static_cast<size_t>(count), ++step);
  });
  return done;
}

}  // namespace

TEST_CASE("greedy ids equal those of transformers") {
  // tests/fixtures/tiny_llama/logits.json is made by tests/golden/make_model_golden.py, end-of-turn ignored
  Policy policy = load(kTinyLlama);
  Generator generator(policy, {});
  const Json golden = read_json(kTinyLlama / "logits.json");
  for (const Json& row : golden["greedy"]) {
    TokenIds expected = row["continuation"].get<TokenIds>();
    const auto stop =
        std::find_if(expected.begin(), expected.end(), [&](int64_t id) { return policy.chat().is_stop(id); });
    if (stop != expected.end()) expected.erase(stop + 1, expected.end());
    const auto made =
        generator.generate({{row["ids"].get<TokenIds>(), 1, Seed(1)}}, params(std::ssize(expected), 0));
    CHECK(made[0][0].ids == expected);
  }
}

TEST_CASE("greedy ids of a trained model equal the published ones") {
  if (!fs::exists(kStories)) {
    MESSAGE("skipped: shared/data/models/stories260K is not there");
    return;
  }
  Policy policy = load(kStories);
  const auto expected = read_json(kStories / "expected_logits.json")["greedy_200"].get<TokenIds>();
  const TokenIds prompt(expected.begin(), expected.begin() + 1);
  const auto made =
      Generator(policy, {}).generate({{prompt, 1, Seed(1)}}, params(std::ssize(expected) - 1, 0));
  CHECK(made[0][0].ids == TokenIds(expected.begin() + 1, expected.end()));
}

TEST_CASE("decoding with the cache and shared prefixes draws what the full forward draws") {
  Policy policy = load(kTinyLlama);
  const auto requests = mixed_requests(policy);
  const SamplingParams p = params(12, 0.8);
  const auto made = ids_of(Generator(policy, {}).generate(requests, p));
  for (size_t i = 0; i < requests.size(); ++i)
    for (int64_t n = 0; n < requests[i].num_samples; ++n)
      CHECK(made[i][static_cast<size_t>(n)] == sample_plainly(policy, requests[i], n, p));
}

namespace {

/// Logits of the next token after `ids` by one forward over the whole sequence, in float32.
torch::Tensor next_logits(const Policy& policy, const TokenIds& ids) {
  const at::NoGradGuard no_grad;
  TokenTree tree;
  tree.add(kNoParent, ids);
  const torch::Tensor hidden = policy.model().hidden_states(tree_batch(tree, at::kCPU));
  return policy.model().logits(hidden.narrow(0, tree.num_tokens() - 1, 1))[0].to(at::kFloat);
}

}  // namespace

TEST_CASE("the logits of watched tokens are those of the full forward, and change no draw") {
  const Policy exact = load(kTinyLlama, "float32");
  for (const std::string dtype : {"float32", "bfloat16"}) {
    Policy policy = load(kTinyLlama, dtype);
    SamplingParams watching = params(12, 0.8);
    watching.watched = {7, 3, 40};
    Generator generator(policy, {.max_batch_size = 5, .max_cache_tokens = 256, .shard_size = 1});
    const auto requests = mixed_requests(policy);
    const auto completions = generator.generate(requests, watching);
    CHECK(ids_of(completions) == ids_of(generator.generate(requests, params(12, 0.8))));
    const Completion& completion = completions[2][1];
    REQUIRE(completion.watched.size() == completion.ids.size());
    TokenIds ids = requests[2].prompt;
    double own_error = 0, full_error = 0;  // sums of squares
    for (size_t i = 0; i < completion.ids.size(); ++i) {
      const torch::Tensor full = next_logits(policy, ids), truth = next_logits(exact, ids);
      for (size_t w = 0; w < watching.watched.size(); ++w) {
        const int64_t id = watching.watched[w];
        const double own = completion.watched[i][w], of_full = full[id].item<double>();
        if (dtype == "float32") CHECK(own == doctest::Approx(of_full).epsilon(1e-4));
        own_error += std::pow(own - truth[id].item<double>(), 2);
        full_error += std::pow(of_full - truth[id].item<double>(), 2);
      }
      ids.push_back(completion.ids[i]);
    }
    // In bfloat16 two ways to the same logits round differently; neither is further from the truth.
    CAPTURE(own_error);
    CAPTURE(full_error);
    if (dtype == "bfloat16") CHECK(own_error < 1.5 * 1.5 * full_error);
  }
}

TEST_CASE("a completion does not depend on the batch, the cache size, or the other requests") {
  Policy policy = load(kTinyLlama);
  const auto requests = mixed_requests(policy);
  const SamplingParams p = params(20, 0.8);
  const auto expected = ids_of(Generator(policy, {}).generate(requests, p));
  for (const GenerationSettings& settings :
       {GenerationSettings{.max_batch_size = 1}, {.max_batch_size = 3}, {.max_cache_tokens = 200}}) {
    Generator generator(policy, settings);
    CHECK(ids_of(generator.generate(requests, p)) == expected);
    CHECK(ids_of(generator.generate(requests, p)) == expected);  // nothing is left over in the cache
  }
  Generator alone(policy, {});
  for (size_t i = 0; i < requests.size(); ++i)
    CHECK(ids_of(alone.generate({requests[i]}, p))[0] == expected[i]);
}

TEST_CASE("sequences that had to give up their pages are computed again to the same tokens") {
  Policy policy = load(kTinyLlama);
  SamplingParams p = params(70, 0.8);
  p.ignore_eos = true;  // every sequence grows to three pages
  const std::vector<GenerationRequest> requests = {{{5, 6, 7, 8}, 6, Seed(1)}, {{9, 10, 11}, 6, Seed(2)}};
  const auto expected = ids_of(Generator(policy, {}).generate(requests, p));
  Generator tight(policy, {.max_cache_tokens = 10 * kPageSlots});
  CHECK(ids_of(tight.generate(requests, p)) == expected);
  CHECK(tight.stats().preemptions > 0);
  CHECK(ids_of(tight.generate(requests, p)) == expected);
}

TEST_CASE("samples of one prompt differ, and the prompt is computed once") {
  Policy policy = load(kTinyLlama);
  Generator generator(policy, {});
  const TokenIds prompt =
      policy.chat().prompt_ids({{"user", "tell me something about the sea and the wind"}});
  const auto made = ids_of(generator.generate({{prompt, 8, Seed(3)}}, params(16, 1.0)))[0];
  CHECK(std::set<TokenIds>(made.begin(), made.end()).size() > 4);
  CHECK(generator.stats().prefill_tokens == std::ssize(prompt));
  CHECK(generator.stats().prompt_tokens == 8 * std::ssize(prompt));
}

TEST_CASE("a stop string ends a completion and is cut from its text") {
  Policy policy = load(kTinyLlama);
  SamplingParams p = params(40, 1.0);
  Generator generator(policy, {});
  const auto free_text = generator.generate({{{5, 6, 7}, 1, Seed(9)}}, p)[0][0];
  REQUIRE(free_text.text.size() > 6);
  const std::string stop = free_text.text.substr(3, 2);
  p.stop = {stop};
  const auto stopped = generator.generate({{{5, 6, 7}, 1, Seed(9)}}, p)[0][0];
  CHECK(stopped.finish_reason == FinishReason::stop);
  CHECK(stopped.text.find(stop) == std::string::npos);
  CHECK(stopped.ids.size() <= free_text.ids.size());
}

TEST_CASE("every complete line is asked for once, and the first one that is the last ends the completion") {
  Policy policy = load(kTinyLlama);
  Generator generator(policy, {});
  const std::vector<GenerationRequest> requests = {{{5, 6, 7}, 40, Seed(9)}};
  SamplingParams p = params(60, 1.0);
  std::multiset<std::string> lines, expected;
  p.is_last_line = [&](std::string_view line) { return lines.emplace(line), false; };
  const auto free_text = generator.generate(requests, p)[0];
  p.is_last_line = [](std::string_view) { return true; };
  const auto stopped = generator.generate(requests, p)[0];
  for (size_t i = 0; i < free_text.size(); ++i) {
    const std::string text = policy.tokenizer().decode(free_text[i].ids);
    const auto pieces = lines_of(text);
    for (size_t n = 0; n + 1 < pieces.size(); ++n) expected.insert(pieces[n]);
    CHECK(stopped[i].text == strip(pieces[0]));
    CHECK(std::equal(stopped[i].ids.begin(), stopped[i].ids.end(), free_text[i].ids.begin()));
    CHECK(stopped[i].finish_reason == (pieces.size() > 1 ? FinishReason::stop : free_text[i].finish_reason));
  }
  CHECK(expected.size() > 3);
  CHECK(lines == expected);
}

TEST_CASE("short answers are done long before a long one that was asked for first") {
  Policy policy = load(kTinyLlama);
  for (const int64_t max_batch_size : {256, 4}) {
    const auto done = steps_until_done(policy, {.max_batch_size = max_batch_size});
    CHECK(done.back() == kLongAnswer);
    CHECK(done[done.size() - 2] < kLongAnswer / 2);
  }
}

TEST_CASE("a small cache only delays: all is done, to the same tokens") {
  Policy policy = load(kTinyLlama);
  const auto [requests, p] = one_long_and_many_short();
  const auto expected = ids_of(Generator(policy, {}).generate(requests, p));
  // The long answer needs 1 + 4 pages, the short ones 8 together and 1 + 1 each.
  for (const int64_t pages : {14, 12}) {
    Generator generator(policy, {.max_cache_tokens = pages * kPageSlots});
    CHECK(ids_of(generator.generate(requests, p)) == expected);
  }
  const auto done = steps_until_done(policy, {.max_cache_tokens = 14 * kPageSlots});
  CHECK(done[done.size() / 2] < kLongAnswer / 2);  // one after the other, beside the long one
}

TEST_CASE(
    "a cache that cannot hold a sequence, or a prompt beyond the context, is an error with the numbers") {
  Policy policy = load(kTinyLlama);
  Generator small(policy, {.max_cache_tokens = 10});
  CHECK_THROWS_WITH_AS(small.generate({{TokenIds(8, 5), 1, Seed(1)}}, params(20, 0)),
                       doctest::Contains("10 tokens"), Error);
  Generator generator(policy, {});
  const int64_t context = policy.config().max_position_embeddings;
  CHECK_THROWS_AS(generator.generate({{TokenIds(static_cast<size_t>(context), 5), 1, Seed(1)}}, params(2, 0)),
                  Error);
  const auto cut =
      generator.generate({{TokenIds(static_cast<size_t>(context - 3), 5), 1, Seed(1)}}, params(50, 0))[0][0];
  CHECK(cut.ids.size() <= 3);
}
