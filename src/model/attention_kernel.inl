// Attention of one query span and one key/value head, blockwise with a running softmax (FlashAttention, Dao
// et al. 2022, equations of section 3.1 and appendix B.2). Rows are (query token, query head of the group)
// pairs. Compiled with -ffast-math: "minus infinity" is a large negative number. No standard templates here,
// so that no code for one instruction set is shared with another.
#include "model/attention_kernel.h"

namespace selfreward {
namespace {

constexpr int64_t kRows = 64;   // query rows of a block
constexpr int64_t kKeys = 32;   // keys of a block
constexpr int64_t kLanes = 16;  // head_dim is padded to a multiple of this inside the scratch space
constexpr float kMasked = -1e30f;

inline int64_t padded(int64_t head_dim) {
  return (head_dim + kLanes - 1) / kLanes * kLanes;
}
inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

inline float to_float(float x) {
  return x;
}
inline float to_float(uint16_t x) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(x) << 16);
}
inline void store(float x, float* out) {
  *out = x;
}
inline void store(float x, uint16_t* out) {  // round to nearest, ties to even
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  *out = static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// The scratch space of one task; every block is padded, so the loops below have fixed shapes.
struct Scratch {
  float *q, *out, *grad_out, *grad_q;  // [kRows, dim]
  float *keys, *values, *grad_keys;    // [kKeys, dim]
  float *keys_t, *values_t;            // [dim, kKeys]
  float *scores, *grad_scores;         // [kRows, kKeys]
  float* scores_t;                     // [kKeys, kRows]
  float *maximum, *total, *delta;      // [kRows]
  int64_t dim;

  Scratch(float* base, const AttentionShape& shape) : dim(padded(shape.head_dim)) {
    float** rows[] = {&q, &out, &grad_out, &grad_q};
    float** blocks[] = {&keys, &values, &grad_keys, &keys_t, &values_t};
    float** squares[] = {&scores, &grad_scores, &scores_t};
    float** columns[] = {&maximum, &total, &delta};
    for (auto p : rows) *p = base, base += kRows * dim;
    for (auto p : blocks) *p = base, base += kKeys * dim;
    for (auto p : squares) *p = base, base += kRows * kKeys;
    for (auto p : columns) *p = base, base += kRows;
  }
  static int64_t floats(const AttentionShape& shape) {
    return padded(shape.head_dim) * (4 * kRows + 5 * kKeys) + 3 * kRows * kKeys + 3 * kRows;
  }
};

/// Sixteen floats in registers, loaded and stored at any address.
typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
inline Lanes& lanes(float* at) {
  return *reinterpret_cast<Lanes*>(at);
}
inline const Lanes& lanes(const float* at) {
  return *reinterpret_cast<const Lanes*>(at);
}

/// out [rows, kKeys] = a [rows, dim] * b_t [dim, kKeys]; rows is a multiple of 4.
void multiply(float* __restrict out, const float* __restrict a, const float* __restrict b_t, int64_t rows,
              int64_t dim) {
  for (int64_t r = 0; r < rows; r += 4) {
    Lanes low[4] = {}, high[4] = {};
    for (int64_t d = 0; d < dim; ++d)
      for (int64_t i = 0; i < 4; ++i) {
        const float factor = a[(r + i) * dim + d];
        low[i] += factor * lanes(b_t + d * kKeys);
        high[i] += factor * lanes(b_t + d * kKeys + kLanes);
      }
    for (int64_t i = 0; i < 4; ++i) {
      lanes(out + (r + i) * kKeys) = low[i];
      lanes(out + (r + i) * kKeys + kLanes) = high[i];
    }
  }
}

/// The same for few rows, straight from the keys [kKeys, dim]: turning them round would cost more.
void multiply_few(float* __restrict out, const float* __restrict a, const float* __restrict b, int64_t rows,
                  int64_t keys, int64_t dim) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < keys; ++j) {
      float sum = 0;
      for (int64_t d = 0; d < dim; ++d) sum += a[r * dim + d] * b[j * dim + d];
      out[r * kKeys + j] = sum;
    }
}

/// kCount rows of accumulate().
template <int64_t kCount>
void accumulate_rows(float* __restrict out, const float* __restrict weights, int64_t stride,
                     const float* __restrict values, int64_t count, int64_t dim) {
  for (int64_t d = 0; d < dim; d += kLanes) {
    Lanes sum[kCount] = {};
    for (int64_t j = 0; j < count; ++j)
      for (int64_t i = 0; i < kCount; ++i) sum[i] += weights[i * stride + j] * lanes(values + j * dim + d);
    for (int64_t i = 0; i < kCount; ++i) lanes(out + i * dim + d) += sum[i];
  }
}

/// out [rows, dim] += weights [rows, count] (row stride `stride`) * values [count, dim].
void accumulate(float* __restrict out, const float* __restrict weights, int64_t stride,
                const float* __restrict values, int64_t rows, int64_t count, int64_t dim) {
  for (; rows >= 4; rows -= 4, out += 4 * dim, weights += 4 * stride)
    accumulate_rows<4>(out, weights, stride, values, count, dim);
  for (; rows > 0; --rows, out += dim, weights += stride)
    accumulate_rows<1>(out, weights, stride, values, count, dim);
}

/// Rows of a tensor [.., heads, head_dim] as padded floats, times `factor`.
template <typename T>
void load_row(float* __restrict to, const T* __restrict from, int64_t head_dim, int64_t dim, float factor) {
  for (int64_t d = 0; d < head_dim; ++d) to[d] = to_float(from[d]) * factor;
  for (int64_t d = head_dim; d < dim; ++d) to[d] = 0;
}

void fill(float* to, int64_t count, float value) {
  for (int64_t i = 0; i < count; ++i) to[i] = value;
}

void transpose(float* __restrict to, const float* __restrict from, int64_t rows, int64_t columns,
               int64_t stride) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) to[c * stride + r] = from[r * columns + c];
}

/// One block of rows of one span: which tokens and heads they are.
struct RowBlock {
  int64_t first, rows, group;  // first row in the span; rows; query heads of a key/value head
  int64_t padded_rows() const { return (rows + 3) / 4 * 4; }
  int64_t token(int64_t r) const { return (first + r) / group; }  // within the span
  int64_t head(int64_t r) const { return (first + r) % group; }   // within the group
  int64_t last_token() const { return token(rows - 1); }
};

template <typename T>
void load_keys(Scratch& s, const AttentionForward<T>& t, const AttentionShape& shape, int64_t begin,
               int64_t keys, int64_t kv_head) {
  for (int64_t j = 0; j < keys; ++j) {
    const int64_t at = ((begin + j) * shape.num_kv_heads + kv_head) * shape.head_dim;
    load_row(s.keys + j * s.dim, t.k + at, shape.head_dim, s.dim, 1.0f);
    load_row(s.values + j * s.dim, t.v + at, shape.head_dim, s.dim, 1.0f);
  }
  fill(s.keys + keys * s.dim, (kKeys - keys) * s.dim, 0);
  fill(s.values + keys * s.dim, (kKeys - keys) * s.dim, 0);
}

/// Keys that row r may not see (after itself, or beyond the block) get kMasked.
void mask(Scratch& s, const RowBlock& block, int64_t keys, bool own, int64_t first_key) {
  for (int64_t r = 0; r < block.rows; ++r) {
    const int64_t visible = own ? smaller(keys, block.token(r) + 1 - first_key) : keys;
    for (int64_t j = visible < 0 ? 0 : visible; j < kKeys; ++j) s.scores[r * kKeys + j] = kMasked;
  }
}

/// scores = softmax numerators against the running maximum; rescales what was summed before.
void running_softmax(Scratch& s, int64_t rows) {
  for (int64_t r = 0; r < rows; ++r) {
    float* score = s.scores + r * kKeys;
    float maximum = s.maximum[r];
    for (int64_t j = 0; j < kKeys; ++j) maximum = score[j] > maximum ? score[j] : maximum;
    const float rescale = __builtin_expf(s.maximum[r] - maximum);
    float total = 0;
    for (int64_t j = 0; j < kKeys; ++j) {
      score[j] = score[j] <= 0.5f * kMasked ? 0.0f : __builtin_expf(score[j] - maximum);
      total += score[j];
    }
    s.total[r] = s.total[r] * rescale + total;
    s.maximum[r] = maximum;
    if (rescale != 1.0f)
      for (int64_t d = 0; d < s.dim; ++d) s.out[r * s.dim + d] *= rescale;
  }
}

/// Calls visit(first key in the store, keys, own, first key within the range) for each block that `block`
/// sees.
template <typename Visit>
void for_each_key_block(const QuerySpan& span, const RowBlock& block, Visit visit) {
  const KeyRange* context = span.context.data();
  const int64_t ranges = static_cast<int64_t>(span.context.size());
  for (int64_t i = 0; i <= ranges; ++i) {
    const bool own = i == ranges;
    const int64_t begin = own ? span.self_begin : context[i].begin;
    const int64_t count = own ? block.last_token() + 1 : context[i].count;
    for (int64_t j = 0; j < count; j += kKeys) visit(begin + j, smaller(kKeys, count - j), own, j);
  }
}

/// Calls visit(block) for the blocks of rows of a span.
template <typename Visit>
void for_each_row_block(const QuerySpan& span, int64_t group, Visit visit) {
  const int64_t rows = span.count * group;
  for (int64_t first = 0; first < rows; first += kRows)
    visit(RowBlock{first, smaller(kRows, rows - first), group});
}

/// Index of row r's first element in a tensor [tokens, num_heads, head_dim].
inline int64_t row_offset(const QuerySpan& span, const AttentionShape& shape, const RowBlock& block,
                          int64_t r, int64_t kv_head) {
  const int64_t head = kv_head * block.group + block.head(r);
  return ((span.query_begin + block.token(r)) * shape.num_heads + head) * shape.head_dim;
}

template <typename T>
void load_rows(float* to, const T* from, float factor, const QuerySpan& span, const AttentionShape& shape,
               const RowBlock& block, int64_t kv_head, int64_t dim) {
  for (int64_t r = 0; r < block.rows; ++r)
    load_row(to + r * dim, from + row_offset(span, shape, block, r, kv_head), shape.head_dim, dim, factor);
  fill(to + block.rows * dim, (block.padded_rows() - block.rows) * dim, 0);
}

void block_scores(Scratch& s, const RowBlock& block, int64_t keys) {
  if (block.rows <= 4) return multiply_few(s.scores, s.q, s.keys, block.rows, keys, s.dim);
  transpose(s.keys_t, s.keys, kKeys, s.dim, kKeys);
  multiply(s.scores, s.q, s.keys_t, block.padded_rows(), s.dim);
}

template <typename T>
void forward_span(const AttentionForward<T>& t, const AttentionShape& shape, const QuerySpan& span,
                  int64_t kv_head, float* scratch) {
  Scratch s(scratch, shape);
  for_each_row_block(span, shape.num_heads / shape.num_kv_heads, [&](const RowBlock& block) {
    load_rows(s.q, t.q, shape.scale, span, shape, block, kv_head, s.dim);
    fill(s.maximum, block.padded_rows(), kMasked);
    fill(s.total, block.padded_rows(), 0);
    fill(s.out, block.padded_rows() * s.dim, 0);
    fill(s.scores, block.padded_rows() * kKeys, 0);
    for_each_key_block(span, block, [&](int64_t begin, int64_t keys, bool own, int64_t first_key) {
      load_keys(s, t, shape, begin, keys, kv_head);
      block_scores(s, block, keys);
      mask(s, block, keys, own, first_key);
      running_softmax(s, block.rows);
      accumulate(s.out, s.scores, kKeys, s.values, block.rows, keys, s.dim);
    });
    for (int64_t r = 0; r < block.rows; ++r) {
      const int64_t at = row_offset(span, shape, block, r, kv_head);
      for (int64_t d = 0; d < shape.head_dim; ++d) store(s.out[r * s.dim + d] / s.total[r], t.out + at + d);
      t.lse[at / shape.head_dim] = s.maximum[r] + __builtin_logf(s.total[r]);
    }
  });
}

/// scores = p, grad_scores = p * (grad_out . v - delta); both 0 where masked.
void softmax_backward(Scratch& s, const RowBlock& block) {
  for (int64_t r = 0; r < block.rows; ++r)
    for (int64_t j = 0; j < kKeys; ++j) {
      const int64_t at = r * kKeys + j;
      const float p = s.scores[at] <= 0.5f * kMasked ? 0.0f : __builtin_expf(s.scores[at] - s.maximum[r]);
      s.scores[at] = p;
      s.grad_scores[at] = p * (s.grad_scores[at] - s.delta[r]);
    }
  fill(s.scores + block.rows * kKeys, (block.padded_rows() - block.rows) * kKeys, 0);
  fill(s.grad_scores + block.rows * kKeys, (block.padded_rows() - block.rows) * kKeys, 0);
}

/// Adds weights^T * rows to the gradient of `keys` keys that start at `to`.
void add_to_keys(Scratch& s, float* to, const float* weights, const float* rows, const RowBlock& block,
                 int64_t keys, const AttentionShape& shape) {
  transpose(s.scores_t, weights, block.padded_rows(), kKeys, kRows);
  fill(s.grad_keys, kKeys * s.dim, 0);
  accumulate(s.grad_keys, s.scores_t, kRows, rows, kKeys, block.rows, s.dim);
  for (int64_t j = 0; j < keys; ++j)
    for (int64_t d = 0; d < shape.head_dim; ++d)
      to[j * shape.num_kv_heads * shape.head_dim + d] += s.grad_keys[j * s.dim + d];
}

template <typename T>
void backward_span(const AttentionBackward<T>& t, const AttentionShape& shape, const QuerySpan& span,
                   int64_t kv_head, float* scratch) {
  Scratch s(scratch, shape);
  for_each_row_block(span, shape.num_heads / shape.num_kv_heads, [&](const RowBlock& block) {
    load_rows(s.q, t.forward.q, shape.scale, span, shape, block, kv_head, s.dim);
    load_rows(s.out, t.forward.out, 1.0f, span, shape, block, kv_head, s.dim);
    load_rows(s.grad_out, t.grad_out, 1.0f, span, shape, block, kv_head, s.dim);
    fill(s.grad_q, block.padded_rows() * s.dim, 0);
    for (int64_t r = 0; r < block.rows; ++r) {
      s.delta[r] = 0;
      for (int64_t d = 0; d < s.dim; ++d) s.delta[r] += s.grad_out[r * s.dim + d] * s.out[r * s.dim + d];
      s.maximum[r] = t.forward.lse[row_offset(span, shape, block, r, kv_head) / shape.head_dim];
    }
    for_each_key_block(span, block, [&](int64_t begin, int64_t keys, bool own, int64_t first_key) {
      const int64_t at = (begin * shape.num_kv_heads + kv_head) * shape.head_dim;
      load_keys(s, t.forward, shape, begin, keys, kv_head);
      transpose(s.keys_t, s.keys, kKeys, s.dim, kKeys);
      transpose(s.values_t, s.values, kKeys, s.dim, kKeys);
      multiply(s.scores, s.q, s.keys_t, block.padded_rows(), s.dim);
      mask(s, block, keys, own, first_key);
      multiply(s.grad_scores, s.grad_out, s.values_t, block.padded_rows(), s.dim);
      softmax_backward(s, block);
      accumulate(s.grad_q, s.grad_scores, kKeys, s.keys, block.rows, keys, s.dim);
      add_to_keys(s, t.grad_v + at, s.scores, s.grad_out, block, keys, shape);
      add_to_keys(s, t.grad_k + at, s.grad_scores, s.q, block, keys, shape);
    });
    for (int64_t r = 0; r < block.rows; ++r)
      for (int64_t d = 0; d < shape.head_dim; ++d)
        t.grad_q[row_offset(span, shape, block, r, kv_head) + d] = shape.scale * s.grad_q[r * s.dim + d];
  });
}

constexpr AttentionKernels kKernels{Scratch::floats, forward_span<float>, forward_span<uint16_t>,
                                    backward_span<float>, backward_span<uint16_t>};

}  // namespace
}  // namespace selfreward
