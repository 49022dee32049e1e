#pragma once
// Work over prompts in shards of a fixed size: what a stopped run loses, and what any process can do alone.
#include <algorithm>
#include <span>

#include "base/progress.h"
#include "data/record_file.h"

namespace selfreward {

/// Calls make(items of the shard, shard) -> records for each shard that `out` does not have yet.
template <typename Item, typename Record, typename Make>
void for_each_shard(const std::vector<Item>& items, int64_t shard_size, const std::string& label,
                    RecordSink<Record>& out, Make make) {
  const int64_t total = std::ssize(items);
  Progress progress(label, total, "prompts");
  for (int64_t first = out.shards() * shard_size; first < total; first += shard_size) {
    const int64_t count = std::min(shard_size, total - first);
    make(std::span<const Item>(items).subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
    progress.update(first + count);
  }
}

}  // namespace selfreward
