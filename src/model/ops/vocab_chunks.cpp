#include "model/ops/vocab_chunks.h"

#include <limits>

#include "model/ops/fused_ops.h"
#include "model/ops/row_views.h"
#include "model/ops/split_product.h"
#include "model/ops/vocab_limits.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kLanes = 32;  // rows are padded to a multiple: whole vectors, whole lines

/// x with zero rows below, so that their number is a multiple of kLanes.
Tensor padded_rows(const Tensor& x) {
  const int64_t more = (kLanes - x.size(0) % kLanes) % kLanes;
  return more == 0 ? x.contiguous() : at::constant_pad_nd(x, {0, 0, 0, more});
}

/// The first elements of a buffer as a matrix.
Tensor matrix_in(const Tensor& space, int64_t rows, int64_t columns) {
  return space.view({-1}).narrow(0, 0, rows * columns).view({rows, columns});
}

/// Chunks as vocab_limits.h has them, but of an odd number of kLanes: rows that start at the same place of
/// every page push each other out of the first-level cache.
int64_t chunk_size(int64_t vocab, int64_t row_bytes) {
  return (chunk_tokens(vocab, row_bytes) + kLanes - 1) / kLanes / 2 * (2 * kLanes) + kLanes;
}

void add_float(const Tensor& sum, const Tensor& part) {
  with_row_kernels(part, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    at::parallel_for(0, part.numel(), 1 << 15, [&](int64_t begin, int64_t end) {
      kernels.add_to(data_of<T>(part) + begin, data_of<float>(sum) + begin, end - begin);
    });
  });
}

}  // namespace

VocabLogProbs::VocabLogProbs(const Tensor& hidden, const Tensor& weight, const Tensor& targets,
                             double softcap)
    : hidden_(padded_rows(hidden.detach())),
      hidden_t_(transposed(hidden_)),
      weight_(weight.detach().contiguous()),
      targets_(targets.contiguous()),
      softcap_(static_cast<float>(softcap)),
      chunk_size_(chunk_size(weight.size(0), hidden_.size(0) * hidden_.element_size())),
      kept_(static_cast<size_t>((weight.size(0) + chunk_size_ - 1) / chunk_size_)) {
  const auto options = hidden_.options().dtype(at::kFloat);
  maximum_ = at::full({hidden_.size(0)}, std::numeric_limits<float>::lowest(), options);
  total_ = at::zeros({hidden_.size(0)}, options);
}

Tensor VocabLogProbs::make_logits(size_t chunk, const Tensor& space) const {
  Tensor logits = matrix_in(space, size(chunk), hidden_.size(0));
  split_product_out(logits, weight_of(chunk), hidden_t_);
  return logits;
}

void VocabLogProbs::add_to_sums(const Tensor& logits) {
  const int64_t count = logits.size(0), width = logits.size(1);
  with_row_kernels(logits, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    at::parallel_for(0, width / kLanes, /*grain_size=*/1, [&](int64_t first, int64_t last) {
      const int64_t left = first * kLanes;
      kernels.running_sum_exponentials(data_of<T>(logits) + left, count, width, (last - first) * kLanes,
                                       softcap_, data_of<float>(maximum_) + left,
                                       data_of<float>(total_) + left);
    });
  });
}

template <typename Visit>
void VocabLogProbs::for_each_target(size_t chunk, const Visit& visit) const {
  const int64_t* targets = data_of<int64_t>(targets_);
  for (int64_t row = 0; row < targets_.size(0); ++row)
    if (targets[row] >= begin(chunk) && targets[row] < begin(chunk + 1))
      visit(row, targets[row] - begin(chunk));
}

Tensor VocabLogProbs::log_probs(int64_t keep_bytes) {
  const int64_t width = hidden_.size(0), rows = targets_.size(0);
  const Tensor picked = at::zeros({rows}, maximum_.options());
  Tensor space = at::empty({chunk_size_ * width}, hidden_.options());
  for (size_t chunk = 0; chunk < kept_.size(); ++chunk) {
    const Tensor logits = make_logits(chunk, space);
    add_to_sums(logits);
    with_row_kernels(logits, [&](const auto& kernels) {
      using T = Element<decltype(kernels)>;
      for_each_target(chunk, [&](int64_t row, int64_t target) {
        data_of<float>(picked)[row] = load(data_of<T>(logits) + target * width + row);
      });
    });
    if ((keep_bytes -= logits.numel() * logits.element_size()) >= 0) {
      kept_[chunk] = logits;
      space = at::empty_like(space);
    }
  }
  if (softcap_ > 0) row_kernels<float>().softcap(data_of<float>(picked), rows, softcap_);
  log_sum_ = maximum_ + total_.log();
  log_probs_ = picked - log_sum_.narrow(0, 0, rows);
  return log_probs_.clone();
}

void VocabLogProbs::turn_to_gradient(size_t chunk, const Tensor& logits, const Tensor& turned,
                                     const Tensor& grad) const {
  constexpr int64_t kBlock = 64;  // rows of logits that stay in the cache between the two steps
  const int64_t count = logits.size(0), width = logits.size(1);
  const Tensor factor = at::constant_pad_nd(-grad, {0, width - grad.size(0)});
  with_row_kernels(logits, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    T *all = data_of<T>(logits), *to = data_of<T>(turned);
    at::parallel_for(0, (count + kBlock - 1) / kBlock, /*grain_size=*/1, [&](int64_t first, int64_t last) {
      for (int64_t row = first * kBlock; row < std::min(count, last * kBlock); row += kBlock) {
        const int64_t rows = std::min(kBlock, count - row);
        kernels.scaled_exponentials(all + row * width, rows, width, softcap_, data_of<float>(log_sum_),
                                    data_of<float>(factor));
        kernels.transpose(all + row * width, width, to + row, count, rows, width);
      }
    });
    for_each_target(chunk, [&](int64_t row, int64_t target) {
      const float log_p = data_of<float>(log_probs_)[row];
      float value = data_of<float>(grad)[row] * (1 - std::exp(log_p));
      if (softcap_ > 0) value *= 1 - std::pow((log_p + data_of<float>(log_sum_)[row]) / softcap_, 2.0f);
      store(value, all + target * width + row);
      store(value, to + row * count + target);
    });
  });
}

VocabLogProbs::Gradients VocabLogProbs::gradients(const Tensor& grad,
                                                  std::optional<torch::Dtype> weight_dtype) {
  const int64_t width = hidden_.size(0);
  // A row that overflowed must not look like one without gradient: the trainer checks the gradient's norm.
  const Tensor g = at::where(at::isfinite(log_probs_), grad, std::numeric_limits<float>::quiet_NaN());
  const Tensor sum = at::zeros(hidden_.sizes(), maximum_.options());
  Tensor part = at::empty_like(hidden_);
  const Tensor space = at::empty({chunk_size_ * width}, hidden_.options()), turned = at::empty_like(space);
  const bool is_other_type = weight_dtype && *weight_dtype != hidden_.scalar_type();
  const Tensor weight_part =
      is_other_type ? at::empty({chunk_size_, hidden_.size(1)}, hidden_.options()) : Tensor();
  const Tensor grad_weight =
      weight_dtype ? at::empty(weight_.sizes(), weight_.options().dtype(*weight_dtype)) : Tensor();
  for (size_t chunk = 0; chunk < kept_.size(); ++chunk) {
    const Tensor logits = kept_[chunk].defined() ? kept_[chunk] : make_logits(chunk, space);
    const Tensor logits_t = matrix_in(turned, width, size(chunk));
    turn_to_gradient(chunk, logits, logits_t, g);
    kept_[chunk] = Tensor();
    split_product_out(part, logits_t, weight_of(chunk));
    add_float(sum, part);
    if (!weight_dtype) continue;
    const Tensor target = grad_weight.narrow(0, begin(chunk), size(chunk));
    Tensor product = is_other_type ? weight_part.narrow(0, 0, size(chunk)) : target;
    split_product_out(product, logits, hidden_);
    if (!product.is_same(target)) target.copy_(product);
  }
  return {sum.narrow(0, 0, targets_.size(0)).to(hidden_.scalar_type()), grad_weight};
}

}  // namespace selfreward
