#pragma once
// Work over prompts in shards of a fixed size: what a stopped run loses, and what any process can do alone.
#include <algorithm>
#include <span>

#include "base/progress.h"
#include "data/record_file.h"

namespace selfreward {

/// Calls make(items of the shard, on_done) for each shard that `out` does not have yet; it appends the
/// records to `out` and may tell on_done how much of the shard is done. Shards have the size that `out` was
/// begun with, `wanted_size` at first.
template <typename Item, typename Record, typename Make>
void for_each_shard(const std::vector<Item>& items, int64_t wanted_size, const std::string& label,
                    RecordSink<Record>& out, Make make) {
  const int64_t shard_size = out.shard_size(wanted_size);
  const int64_t total = std::ssize(items);
  const int64_t before = std::min(out.shards() * shard_size, total);
  Progress progress(label, total, "prompts", before);
  for (int64_t first = before; first < total; first += shard_size) {
    const int64_t count = std::min(shard_size, total - first);
    const OnDone on_done = [&](int64_t done, int64_t of) { progress.update(first + count * done / of); };
    make(std::span<const Item>(items).subspan(static_cast<size_t>(first), static_cast<size_t>(count)),
         on_done);
    progress.update(first + count);
  }
}

}  // namespace selfreward
