#include "model/ops/fused_ops.h"

#include "base/error.h"
#include "support/fused_ops.h"

using namespace selfreward;

TEST_CASE("fused operators equal the plain ones in values and gradients, in both precisions") {
  for (const auto dtype : {at::kFloat, at::kBFloat16})
    for (const int64_t tokens : {1, 7, 53})
      for (const int64_t width : {6, 40, 96}) {
        CAPTURE(tokens);
        CAPTURE(width);
        const Tensor x = random_tensor({tokens, width}, dtype, 1),
                     delta = random_tensor({tokens, width}, dtype, 2);
        const Tensor weight = random_tensor({width}, at::kFloat, 3) + 1;
        for (const NormKind kind : kNormKinds) {
          const Op norm = [=](auto in) { return std::vector{rms_norm_reference(in[0], in[1], 1e-5, kind)}; };
          check_equal({x, weight}, norm_op(kind), norm, dtype);
          check_equal({x, weight.to(dtype)}, norm_op(kind), norm, dtype);
          check_equal(
              {x, delta, weight}, add_norm_op(kind),
              [=](auto in) {
                const auto [sum, normed] = add_rms_norm_reference(in[0], in[1], in[2], 1e-5, kind);
                return std::vector{sum, normed};
              },
              dtype);
        }
        const Tensor gate_up = 3 * random_tensor({tokens, 2 * width}, dtype, 4);
        check_equal(
            {gate_up}, kSwiglu, [](auto in) { return std::vector{swiglu_reference(in[0])}; }, dtype);
        check_equal(
            {gate_up}, kGeglu, [](auto in) { return std::vector{geglu_reference(in[0])}; }, dtype);
        const Rotary angles = test_rotary(tokens, width);
        check_equal(
            {random_tensor({tokens, 8 * width}, dtype, 5)}, split_op(angles),
            [&](auto in) {
              const auto [q, k, v] = split_rotate_reference(in[0], angles, 4, 2);
              return std::vector{q, k, v};
            },
            dtype);
      }
}

TEST_CASE("q and k are normed by head or all together, and turned in full, in part or not at all") {
  for (const auto dtype : {at::kFloat, at::kBFloat16})
    for (const NormKind kind : kNormKinds)
      for (const Rotary& angles : {test_rotary(21, 24), partial_rotary(21, 18), Rotary{}})
        for (const bool together : {false, true}) {
          CAPTURE(angles.rotary_dim());
          CAPTURE(together);
          const Tensor qkv = random_tensor({21, 8 * 24}, dtype, 1);
          const Tensor q_weight = random_tensor({together ? 4 * 24 : 24}, dtype, 2) + 1,
                       k_weight = random_tensor({together ? 2 * 24 : 24}, dtype, 3) + 1;
          check_equal({qkv, q_weight, k_weight}, head_norms_op(angles, kind, split_rotate),
                      head_norms_op(angles, kind, split_rotate_reference), dtype);
        }
}

TEST_CASE("dims beyond the rotary ones pass, and without angles all do") {
  const Tensor qkv = random_tensor({5, 8 * 16}, at::kBFloat16, 1), heads = qkv.view({5, 8, 16});
  const auto part = split_rotate(qkv, partial_rotary(5, 12), 4, 2);
  CHECK(at::equal(part.q.narrow(2, 12, 4), heads.narrow(1, 0, 4).narrow(2, 12, 4)));
  CHECK_FALSE(at::equal(part.q.narrow(2, 0, 12), heads.narrow(1, 0, 4).narrow(2, 0, 12)));
  const auto none = split_rotate(qkv, {}, 4, 2);
  CHECK(at::equal(none.q, heads.narrow(1, 0, 4)));
  CHECK(at::equal(none.k, heads.narrow(1, 4, 2)));
}

TEST_CASE("angles are positions times inverse frequencies, their cosines and sines times a factor") {
  const Tensor positions = torch::tensor({0, 1, 40}, at::kLong),
               inv_freq = torch::tensor({1.0f, 0.25f}, at::kFloat);
  const Rotary made = rotary(positions, inv_freq, 1.5);
  CHECK(made.cos.sizes() == at::IntArrayRef{3, 1, 2});
  CHECK(made.cos[1][0][1].item<double>() == doctest::Approx(1.5 * std::cos(0.25)));
  CHECK(made.sin[2][0][1].item<double>() == doctest::Approx(1.5 * std::sin(10.0)));
  CHECK(at::allclose(rotary(positions, inv_freq).cos, made.cos / 1.5));
}

TEST_CASE("a norm of q or k of a size that fits neither a head nor all is an error") {
  const Tensor qkv = at::zeros({2, 8 * 16});
  CHECK_THROWS_WITH_AS(split_rotate(qkv, {}, 4, 2, {at::ones({16}), at::ones({64})}),
                       doctest::Contains("weight of 64 numbers, expected 16 (for a head) or 32"), Error);
}

TEST_CASE("kinds of norms differ in where they round and in what the weight is added to") {
  const Tensor x = random_tensor({40, 64}, at::kBFloat16, 1);
  const Tensor weight = (random_tensor({64}, at::kFloat, 2).abs() + 1).to(at::kBFloat16);
  const Tensor llama = rms_norm(x, weight, 1e-5), olmo = rms_norm(x, weight, 1e-5, NormKind::kOlmo);
  CHECK_FALSE(at::equal(llama, olmo));
  CHECK(difference_in_ulps(llama, olmo, at::kBFloat16) < 3);
  const Tensor less = weight - 1;  // exact
  CHECK(at::equal(rms_norm(x, less, 1e-5, NormKind::kGemma), olmo));
  // Sums of squares are added up in another order, so a number in thousands may round to its neighbour.
  for (const NormKind kind : kNormKinds) {
    const Tensor made = rms_norm(x, weight, 1e-5, kind), plain = rms_norm_reference(x, weight, 1e-5, kind);
    CHECK((made != plain).sum().item<int64_t>() <= x.numel() / 500);
  }
}

TEST_CASE("a norm takes the heads of a joint product where they lie") {
  const Op heads = [](auto in) { return std::vector{in[0].view({7, 5, 16}).narrow(1, 1, 3), in[1]}; };
  check_equal(
      {random_tensor({7, 80}, at::kFloat, 1), random_tensor({16}, at::kFloat, 2)},
      [&](auto in) {
        const auto x = heads(in);
        return std::vector{rms_norm(x[0], x[1], 1e-5)};
      },
      [&](auto in) {
        const auto x = heads(in);
        return std::vector{rms_norm_reference(x[0], x[1], 1e-5)};
      },
      at::kFloat);
}

TEST_CASE("gradients of the fused operators equal finite differences") {
  const Tensor x = random_tensor({5, 24}, at::kFloat, 1), delta = random_tensor({5, 24}, at::kFloat, 2);
  const Tensor weight = random_tensor({24}, at::kFloat, 3) + 1;
  const auto norm64 = [](const Tensor& a, const Tensor& w) {
    return a * at::rsqrt(a.square().mean(-1, true) + 1e-5) * w;
  };
  check_slope({x, weight}, norm_op(NormKind::kLlama),
              [&](auto in) { return std::vector{norm64(in[0], in[1])}; });
  check_slope({x, weight}, norm_op(NormKind::kGemma),
              [&](auto in) { return std::vector{norm64(in[0], in[1] + 1)}; });
  check_slope({x, delta, weight}, add_norm_op(NormKind::kLlama), [&](auto in) {
    return std::vector<Tensor>{in[0] + in[1], norm64(in[0] + in[1], in[2])};
  });
  check_slope({x}, kSwiglu, [](auto in) { return std::vector{swiglu_reference(in[0])}; });
  check_slope({3 * x}, kGeglu, [](auto in) { return std::vector{geglu_reference(in[0])}; });
}

TEST_CASE("a gradient of the residual sum alone passes through unchanged") {
  const Tensor x = random_tensor({3, 8}, at::kFloat, 1).requires_grad_(), delta = x.detach().clone();
  add_rms_norm(x, delta, at::ones({8}), 1e-5).first.sum().backward();
  CHECK(at::equal(x.grad(), at::ones({3, 8})));
}
