#include "model/kernels/attention/kernel.h"

#include <numeric>

#include "model/kernels/cpu_features.h"

namespace selfreward {
namespace {

constexpr int64_t kBlockTokens = 64;   // of a long span
constexpr int64_t kJoinedTokens = 32;  // of joined short spans: enough rows to share a prefix, and many tasks

const AttentionKernelSet*& chosen() {
  static const AttentionKernelSet* set = runnable_attention_kernels().back();
  return set;
}

bool same(const KeyRange& a, const KeyRange& b) {
  return a.begin == b.begin && a.count == b.count;
}

/// Adds `count` queries, the first of them at `position`.
void add_queries(QueryBlock& block, int64_t position, int64_t count) {
  block.count += count;
  block.positions.resize(static_cast<size_t>(block.count));
  std::iota(block.positions.end() - count, block.positions.end(), position);
}

/// Queries [from, from + count) of a span as a block of their own.
QueryBlock part_of_span(const QuerySpan& span, int64_t from, int64_t count) {
  QueryBlock block{span.query_begin + from, 0, span.tree, {}, {}};
  int64_t position = 0;
  for (const KeyRange& range : span.context) {
    block.visits.push_back({block.query_begin, count, range, false, position});
    position += range.count;
  }
  const KeyRange own{span.own().begin, span.earlier + from + count};
  block.visits.push_back({block.query_begin, count, own, true, position});
  add_queries(block, position + span.earlier + from, count);
  return block;
}

/// Appends a short span; context that it shares with the span before it becomes one visit of both.
void join(QueryBlock& block, const QuerySpan& span, const QuerySpan& before, std::vector<size_t>& open) {
  open.resize(span.context.size(), SIZE_MAX);
  int64_t position = 0;
  for (size_t i = 0; i < span.context.size(); ++i) {
    const bool shared =
        open[i] != SIZE_MAX && i < before.context.size() && same(span.context[i], before.context[i]);
    if (shared) {
      block.visits[open[i]].count += span.count;
    } else {
      open[i] = block.visits.size();
      block.visits.push_back({span.query_begin, span.count, span.context[i], false, position});
    }
    position += span.context[i].count;
  }
  block.visits.push_back({span.query_begin, span.count, span.own(), true, position});
  add_queries(block, position + span.earlier, span.count);
}

}  // namespace

std::vector<const AttentionKernelSet*> runnable_attention_kernels() {
  std::vector<const AttentionKernelSet*> sets{&kAttentionKernelsBase};
#ifdef __x86_64__
  if (cpu_level() >= CpuLevel::avx512) sets.push_back(&kAttentionKernelsAvx512);
  if (cpu_level() >= CpuLevel::avx512_bf16) sets.push_back(&kAttentionKernelsAvx512Bf16);
  if (cpu_level() >= CpuLevel::amx) sets.push_back(&kAttentionKernelsAmx);
#endif
  return sets;
}

const AttentionKernelSet& attention_kernels() {
  return *chosen();
}

void set_attention_kernels(const AttentionKernelSet& kernels) {
  chosen() = &kernels;
}

std::vector<QueryBlock> attention_blocks(const AttentionPlan& plan) {
  std::vector<QueryBlock> blocks;
  bool joinable = false;
  std::vector<size_t> open;  // for each place in a context, the visit that the last span added there
  for (size_t i = 0; i < plan.size(); ++i) {
    const QuerySpan& span = plan[i];
    if (span.count > kJoinedTokens) {
      for (int64_t from = 0; from < span.count; from += kBlockTokens)
        blocks.push_back(part_of_span(span, from, std::min(kBlockTokens, span.count - from)));
      joinable = false;
      continue;
    }
    if (!joinable || blocks.back().tree != span.tree || blocks.back().count + span.count > kJoinedTokens) {
      blocks.push_back({span.query_begin, 0, span.tree, {}, {}});
      open.clear();
    }
    join(blocks.back(), span, i ? plan[i - 1] : span, open);
    joinable = true;
  }
  return blocks;
}

}  // namespace selfreward
