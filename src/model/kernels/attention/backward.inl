#pragma once
// The backward pass of one block and key/value head (FlashAttention, Dao et al. 2022, appendix B.2). It works
// on two tiles of rows at once, so that sums over rows are deeper.
#include "model/kernels/attention/rows.inl"

namespace selfreward {
namespace {

constexpr int64_t kRows = 2 * kLanes;

template <typename Element>
struct BackwardScratch {
  Element *rows, *grad_rows;                    // [kRows, dim] of q and of grad_out
  Element *paired, *grad_paired;                // room for the same in pairs
  const Element *q, *grad_out;                  // the same as right operands of depth kRows
  Element *q_upright[2], *grad_out_upright[2];  // as right operands of depth dim, of each tile
  float *scores[2], *grad_weights[2];           // [32 keys, kLanes]
  Element *weights, *grad_scores;               // [32 keys, kRows]
  Element* grad_scores_upright[2];              // [32 keys / word, kLanes, word]
  float* grad_q[2];                             // [kLanes, dim]
  Lanes lse[2], delta[2];
  int64_t bytes;

  BackwardScratch(void* base, const AttentionShape& shape) {
    Arena arena(base);
    const int64_t dim = shape.padded_head_dim(), tile = kPageSlots * kLanes;
    for (int64_t i = 0; i < 2; ++i) {
      q_upright[i] = arena.take<Element>(dim * kLanes);
      grad_out_upright[i] = arena.take<Element>(dim * kLanes);
      scores[i] = arena.take<float>(tile);
      grad_weights[i] = arena.take<float>(tile);
      grad_scores_upright[i] = arena.take<Element>(tile);
      grad_q[i] = arena.take<float>(dim * kLanes);
    }
    rows = arena.take<Element>(dim * kRows);
    grad_rows = arena.take<Element>(dim * kRows);
    paired = arena.take<Element>(dim * kRows);
    grad_paired = arena.take<Element>(dim * kRows);
    weights = arena.take<Element>(2 * tile);
    grad_scores = arena.take<Element>(2 * tile);
    bytes = arena.bytes();
  }
};

template <typename In, typename Element>
void load_half(BackwardScratch<Element>& s, const AttentionBackward& t, const RowTile& tile, int64_t half) {
  const int64_t dim = tile.shape.head_dim, padded = tile.shape.padded_head_dim();
  Element *rows = s.rows + half * kLanes * padded, *grad_rows = s.grad_rows + half * kLanes * padded;
  load_rows<In>(rows, t.q, tile);
  load_rows<In>(grad_rows, t.grad_out, tile);
  turn_upright(s.q_upright[half], rows, padded);
  turn_upright(s.grad_out_upright[half], grad_rows, padded);
  s.lse[half] = s.delta[half] = Lanes{};
  for (int64_t lane = 0; lane < tile.rows(); ++lane) {
    const In* out = static_cast<const In*>(t.out) + tile.index(lane) * dim;
    const In* grad_out = static_cast<const In*>(t.grad_out) + tile.index(lane) * dim;
    float delta = 0;
    for (int64_t d = 0; d < dim; ++d) delta += to_float(out[d]) * to_float(grad_out[d]);
    s.delta[half][lane] = delta;
    s.lse[half][lane] = t.lse[tile.index(lane)] * kLog2E;
  }
  for (int64_t i = 0; i < padded * kLanes; ++i) s.grad_q[half][i] = 0;
}

/// weights = p, grad_scores = p * (grad_out . v - delta) * scale, times tanh' = 1 - tanh^2 of a score that
/// was capped; both 0 where not seen.
template <bool kCapped, typename Element>
void softmax_backward(BackwardScratch<Element>& s, const AttentionShape& shape, const Limits& limits,
                      int64_t half, int64_t slot) {
  const float factor = shape.scale * kLog2E;
  const float inverse_cap = kCapped ? 1.0f / shape.cap : 0.0f;
  const auto row = [&](int64_t k) {
    const int64_t at = k * kLanes;
    Lanes score = lanes(s.scores[half] + at), slope = Lanes{} + shape.scale;
    if constexpr (kCapped) {
      const Lanes t = tanh_lanes(score * inverse_cap);
      score = shape.cap * t;
      slope *= 1.0f - t * t;
    }
    const Lanes p = exp2_lanes(score * factor - s.lse[half]);
    const Lanes weight = seen(limits, slot + k) ? p : Lanes{};
    const Lanes grad = weight * (lanes(s.grad_weights[half] + at) - s.delta[half]) * slope;
    store_row(s.weights + k * kRows + half * kLanes, weight);
    store_row(s.grad_scores + k * kRows + half * kLanes, grad);
    return grad;
  };
  for (int64_t k = 0; k < kPageSlots; k += 2) {
    const Lanes even = row(k), odd = row(k + 1);
    store_pair(s.grad_scores_upright[half] + k * kLanes, even, odd);
  }
}

template <typename Element>
void backward_page(BackwardScratch<Element>& s, const AttentionBackward& t, const RowTile& tile,
                   const Limits* limits, int64_t page) {
  const AttentionShape& shape = tile.shape;
  const int64_t dim = shape.padded_head_dim(), head = tile.kv_head;
  const Element* keys = page_of<Element>(t.keys, shape, page, head);
  const Element* keys_paired = page_of<Element>(t.keys_paired, shape, page, head);
  const Element* values = page_of<Element>(t.values, shape, page, head);
  for (int64_t half = 0; half < 2; ++half) {
    multiply_over_dim(s.scores[half], keys, s.q_upright[half], dim);
    multiply_over_dim(s.grad_weights[half], values, s.grad_out_upright[half], dim);
    if (shape.cap > 0) {
      softmax_backward<true>(s, shape, limits[half], half, page * kPageSlots);
    } else {
      softmax_backward<false>(s, shape, limits[half], half, page * kPageSlots);
    }
    multiply(Product<Element>{s.grad_q[half], dim, kLanes, dim, s.grad_scores_upright[half], 0, true,
                              &keys_paired, dim, 1, kPageSlots, true});
  }
  const int64_t at = (page * shape.num_kv_heads + head) * shape.page_size();
  const auto over_rows = [&](float* to, const Element* rows, const Element* right) {
    multiply(Product<Element>{to, dim, kPageSlots, dim, rows, kRows, false, &right, dim, 1, kRows, true});
  };
  over_rows(t.grad_values + at, s.weights, s.grad_out);
  over_rows(t.grad_keys + at, s.grad_scores, s.q);
}

template <typename In, typename Element>
void backward_block(const AttentionBackward& t, const AttentionShape& shape, const QueryBlock& block,
                    int64_t kv_head, void* scratch) {
  [[maybe_unused]] const TileScope tiles;
  BackwardScratch<Element> s(scratch, shape);
  const int64_t dim = shape.padded_head_dim();
  for (RowTile tile{shape, block, kv_head, 0}; tile.rows() > 0; tile.first += kRows) {
    const RowTile halves[2] = {tile, {shape, block, kv_head, tile.first + kLanes}};
    for (int64_t half = 0; half < 2; ++half) load_half<In>(s, t, halves[half], half);
    s.q = paired(s.paired, s.rows, kRows, dim);
    s.grad_out = paired(s.grad_paired, s.grad_rows, kRows, dim);
    for (const KeyVisit& visit : block.visits) {
      const Limits limits[2] = {limits_of(halves[0], visit), limits_of(halves[1], visit)};
      const Slots a = limits[0].some, b = limits[1].some;
      const int64_t end = larger(a.end, b.end);
      for (int64_t page = smaller(a.begin, b.begin) / kPageSlots; page * kPageSlots < end; ++page)
        backward_page(s, t, tile, limits, page);
    }
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t lane = 0; lane < halves[half].rows(); ++lane)
        store_row_of<In>(t.grad_q, halves[half].index(lane), shape.head_dim, s.grad_q[half] + lane * dim,
                         1.0f);
  }
}

}  // namespace
}  // namespace selfreward
