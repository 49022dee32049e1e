#include "model/ops/log_probs.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include "model/ops/vocab_chunks.h"

using namespace selfreward;
using torch::Tensor;

namespace {

struct Problem {
  Tensor hidden, weight, targets, grad;
};

Problem make_problem(int64_t rows, int64_t vocab, int64_t width, torch::Dtype dtype, torch::Dtype weight) {
  auto generator = at::detail::createCPUGenerator(static_cast<uint64_t>(rows * vocab));
  const auto options = at::TensorOptions(at::kFloat);
  return {at::randn({rows, width}, generator, options).to(dtype),
          (at::randn({vocab, width}, generator, options) * 0.3).to(weight),
          at::randint(vocab, {rows}, generator, at::TensorOptions(at::kLong)),
          at::randn({rows}, generator, options)};
}

using LogProbs = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, double);

/// {log-probs, gradient of hidden, gradient of weight}
std::vector<Tensor> run(const Problem& p, LogProbs log_probs, double softcap = 0) {
  const Tensor hidden = p.hidden.clone().requires_grad_(), weight = p.weight.clone().requires_grad_();
  const Tensor made = log_probs(hidden, weight, p.targets, softcap);
  (made * p.grad).sum().backward();
  return {made.detach(), hidden.grad(), weight.grad()};
}

Tensor plain_log_probs(const Tensor& hidden, const Tensor& weight, const Tensor& targets, double softcap) {
  Tensor logits = at::linear(hidden, weight.to(hidden.scalar_type())).to(at::kFloat);
  if (softcap > 0) logits = softcap * at::tanh(logits / softcap);
  return at::log_softmax(logits, -1).gather(1, targets.unsqueeze(1)).squeeze(1);
}

double relative_difference(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kFloat) - b.to(at::kFloat)).abs().max() / b.to(at::kFloat).abs().max()).item<double>();
}

}  // namespace

TEST_CASE("log-probs and gradients equal a plain log-softmax in both precisions, for any number of rows") {
  for (const auto dtype : {at::kFloat, at::kBFloat16})
    for (const auto weight : {at::kFloat, dtype})
      for (const int64_t rows : {1, 31, 32, 70})
        for (const int64_t vocab : {5, 700})
          for (const double softcap : {0.0, 1.5, 30.0}) {
            CAPTURE(rows);
            CAPTURE(vocab);
            CAPTURE(softcap);
            const Problem p = make_problem(rows, vocab, 24, dtype, weight);
            const auto wanted = run(p, plain_log_probs, softcap);
            for (const LogProbs log_probs : {token_log_probs, token_log_probs_reference}) {
              const auto made = run(p, log_probs, softcap);
              for (size_t i = 0; i < made.size(); ++i) {
                CHECK((made[i].scalar_type() == wanted[i].scalar_type()));
                CHECK(made[i].sizes() == wanted[i].sizes());
                CHECK(relative_difference(made[i], wanted[i]) < (dtype == at::kFloat ? 1e-5 : 1.5e-2));
              }
            }
          }
}

TEST_CASE("several chunks of the vocabulary give what one gives") {
  const Problem p = make_problem(4200, 5003, 8, at::kFloat, at::kFloat);  // 4200 rows: chunks of 2048 tokens
  for (const double softcap : {0.0, 2.0}) {
    const auto made = run(p, token_log_probs, softcap), wanted = run(p, plain_log_probs, softcap);
    for (size_t i = 0; i < made.size(); ++i) CHECK(relative_difference(made[i], wanted[i]) < 1e-5);
  }
}

TEST_CASE("logits that were kept and logits made again give the same bits, and so does a second backward") {
  const Problem p = make_problem(40, 3000, 16, at::kBFloat16, at::kBFloat16);
  for (const double softcap : {0.0, 2.0}) {
    VocabLogProbs kept(p.hidden, p.weight, p.targets, softcap),
        made_again(p.hidden, p.weight, p.targets, softcap);
    CHECK(at::equal(kept.log_probs(1 << 30), made_again.log_probs(0)));
    const auto a = kept.gradients(p.grad, at::kFloat), b = made_again.gradients(p.grad, at::kFloat),
               c = kept.gradients(p.grad, at::kFloat);
    CHECK(at::equal(a.hidden, b.hidden));
    CHECK(at::equal(a.weight, b.weight));
    CHECK(at::equal(a.weight, c.weight));
  }
}

TEST_CASE("log-probs without gradients have the bits of those with") {
  const Problem p = make_problem(50, 900, 16, at::kBFloat16, at::kFloat);
  const Tensor with = run(p, token_log_probs)[0];
  const at::NoGradGuard no_grad;
  CHECK(at::equal(token_log_probs(p.hidden, p.weight, p.targets), with));
}

TEST_CASE("log-probs give the same bits on any number of threads") {
  const Problem p = make_problem(300, 2000, 16, at::kFloat, at::kFloat);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = run(p, token_log_probs);
  at::set_num_threads(3);
  const auto three = run(p, token_log_probs);
  at::set_num_threads(threads);
  // The products are the library's; what is checked is that our sums add nothing to their differences.
  for (size_t i = 0; i < one.size(); ++i) CHECK(relative_difference(one[i], three[i]) < 1e-6);
}

TEST_CASE("numbers that are not stay so, in the log-probs and in the gradients") {
  Problem p = make_problem(3, 10, 8, at::kFloat, at::kFloat);
  p.hidden[1][2] = NAN;
  for (const double softcap : {0.0, 2.0}) {
    const auto made = run(p, token_log_probs, softcap);
    CHECK(std::isnan(made[0][1].item<float>()));
    CHECK(std::isfinite(made[0][0].item<float>()));
    CHECK(std::isnan(made[1][1][0].item<float>()));
    CHECK(std::isnan(made[2].sum().item<float>()));
  }
  p.hidden[1][2] = 1;
  p.weight[4][0] = NAN;
  for (const double softcap : {0.0, 2.0})
    CHECK(std::isnan(run(p, token_log_probs, softcap)[0][0].item<float>()));
}

TEST_CASE("log-probs of large logits neither overflow nor lose the target") {
  const Tensor hidden = torch::tensor({{1000.0f}}), weight = torch::tensor({{1.0f}, {0.999f}, {-1.0f}});
  const Tensor made = token_log_probs(hidden, weight, torch::tensor({1}, at::kLong));
  CHECK(made.item<float>() == doctest::Approx(-1.0 - std::log1p(std::exp(-1.0))).epsilon(1e-4));
}

TEST_CASE("a softcap is exact to float32, for small and for large logits") {
  const Tensor size = at::logspace(-6, 3, 400, 10, at::kDouble);
  const Tensor logits = at::cat({size, -size, at::zeros({1}, at::kDouble)}).to(at::kFloat);
  const at::NoGradGuard no_grad;
  for (const double cap : {0.5, 30.0, 50.0}) {
    const Tensor exact = cap * at::tanh(logits.to(at::kDouble) / cap);
    const Tensor error = (softcapped(logits, cap).to(at::kDouble) - exact).abs();
    CHECK((error / exact.abs().clamp_min(1e-30)).max().item<double>() < 1.5e-6);
    const Tensor low = logits.to(at::kBFloat16);
    CHECK(relative_difference(softcapped(low, cap), cap * at::tanh(low.to(at::kFloat) / cap)) < 4e-3);
  }
  CHECK(std::isnan(softcapped(torch::tensor({NAN}), 30).item<float>()));
}

TEST_CASE("without gradients logits are capped as with them") {
  const Tensor logits = at::linspace(-80, 80, 1001).requires_grad_();
  const Tensor with = softcapped(logits, 30);
  with.sum().backward();
  CHECK(at::allclose(logits.grad(), 1 - (with.detach() / 30).square(), 1e-5, 1e-6));
  const at::NoGradGuard no_grad;
  CHECK(relative_difference(softcapped(logits, 30), with) < 1.5e-6);
}
