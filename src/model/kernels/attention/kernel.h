#pragma once
// CPU kernels of attention over token trees. One source (kernel.inl) is compiled for AVX2, AVX-512, AVX-512
// with bfloat16 products and AMX, on arm64 for NEON; attention_kernels() picks by what the processor has.
// model/ops/tree_attention.h is the interface for models.
//
// Keys and values lie in pages of 32 slots, a head's part of a page together:
//   rows    [pages, num_kv_heads, 32, head_dim]
//   paired  [pages, num_kv_heads, 16, head_dim, 2]: slots 2 i and 2 i + 1 interleaved
// in the kernel's element type: bfloat16 where the processor multiplies it, else float. Sums over head_dim
// (scores) read rows; sums over slots read pairs, as products of bfloat16 add up two neighbours at once.
// Products of floats do not: where elements are floats, pairs are rows too. Either way a token is written to
// few cache lines. head_dim is padded with zeros to padded_head_dim().
#include <cstdint>

#include "model/tree/token_tree.h"

namespace selfreward {

/// The shape of a layer's attention and what it does with the scores q k^T.
struct AttentionShape {
  int64_t num_heads, num_kv_heads, head_dim;
  float scale;         // of the scores
  int64_t window = 0;  // a query sees keys less than this many positions before it; 0: all
  float cap = 0;       // scores become cap * tanh(score / cap) before they are scaled; 0: they do not
  int64_t padded_head_dim() const { return (head_dim + 31) / 32 * 32; }
  int64_t page_size() const { return kPageSlots * padded_head_dim(); }  // elements of one head
};

/// A run of queries and a range of keys that all of them see; with `causal`, query i of the run sees only
/// the keys up to the (count - i)-th last.
struct KeyVisit {
  int64_t query_begin, count;
  KeyRange keys;  // slots
  bool causal;
  int64_t position;  // of the first key, its distance from the root
};

/// Queries that one task computes, with all that they see.
struct QueryBlock {
  int64_t query_begin, count;
  int64_t tree;
  std::vector<KeyVisit> visits;
  std::vector<int64_t> positions;  // [count] of the queries, their distance from the root
};

/// The plan as blocks of work: long spans are cut, neighbouring short spans of a tree joined, and a range of
/// keys that neighbours share (a prompt below which many sequences are decoded) is visited once for all.
std::vector<QueryBlock> attention_blocks(const AttentionPlan& plan);

struct AttentionForward {
  const void* q;       // [tokens, num_heads, head_dim], compute dtype
  const void* keys;    // rows of pages
  const void* values;  // paired pages
  void* out;           // [tokens, num_heads, head_dim], compute dtype
  float* lse;          // [tokens, num_heads] log of the softmax's denominator, or null
};

/// Gradients of keys and values are added up over the blocks of a tree, in pages of float rows.
struct AttentionBackward {
  const void *q, *out, *grad_out;           // [tokens, num_heads, head_dim], compute dtype
  const void *keys, *keys_paired, *values;  // pages; values as rows
  const float* lse;                         // [tokens, num_heads]
  void* grad_q;                             // [tokens, num_heads, head_dim], compute dtype
  float *grad_keys, *grad_values;           // rows of pages
};

/// The kernels of one compute dtype on one instruction set. forward and backward do one block and one
/// key/value head (all query heads that share it).
struct AttentionKernels {
  int64_t element_size;  // of the pages' elements: 2 (bfloat16) or 4 (float)
  int64_t (*scratch_bytes)(const AttentionShape&);
  void (*forward)(const AttentionForward&, const AttentionShape&, const QueryBlock&, int64_t kv_head,
                  void* scratch);
  void (*backward)(const AttentionBackward&, const AttentionShape&, const QueryBlock&, int64_t kv_head,
                   void* scratch);
  /// Writes one token's row [head_dim] of the compute dtype at `slot` of a head's part of its page. The first
  /// slot of a page clears the rest, so that what was never written is zero.
  void (*write_row)(const void* row, void* page, int64_t slot, int64_t head_dim);
  void (*write_paired)(const void* row, void* page, int64_t slot, int64_t head_dim);
};

struct AttentionKernelSet {
  const char* name;
  AttentionKernels float32, bfloat16;
};

/// The kernels that this processor runs, the fastest last.
std::vector<const AttentionKernelSet*> runnable_attention_kernels();
/// The fastest of them, unless a test has set others.
const AttentionKernelSet& attention_kernels();
void set_attention_kernels(const AttentionKernelSet& kernels);

extern const AttentionKernelSet kAttentionKernelsBase, kAttentionKernelsAvx512, kAttentionKernelsAvx512Bf16,
    kAttentionKernelsAmx;

}  // namespace selfreward
