#pragma once
// A stage's output: records appended shard by shard to a partial file, under the final name when complete.
//   const auto records = memo<Candidate>(dir / "candidates.jsonl", [&](RecordSink<Candidate>& out) {
//     for (int64_t shard = out.shards(); shard < num_shards; ++shard) out.append(make(shard));
//   });
// A finished file is read back and the producer not called; a stopped run goes on with the next shard.
#include <map>

#include "data/jsonl.h"

namespace selfreward {

using Counts = std::map<std::string, int64_t>;  // by reason

/// Where the counts of a stage's file are kept: prompts.jsonl -> prompts.counts.json.
inline fs::path counts_file(const fs::path& records) {
  return fs::path(records).replace_extension(".counts.json");
}

/// What the producer of a stage sees: the shards that an earlier, stopped run completed, and where to add
/// more.
template <typename Record>
class RecordSink {
 public:
  /// Reads the complete shards of `partial` and cuts off what a killed run left behind them.
  explicit RecordSink(fs::path partial) : partial_(std::move(partial)) {
    if (fs::exists(partial_)) restore();
    log_.emplace(partial_);
  }

  int64_t shards() const { return shards_; }
  const std::vector<Record>& records() const { return records_; }
  /// Sums of what append was told to count, over all shards.
  const Counts& counts() const { return counts_; }

  /// Adds the next shard, and what it dropped by reason; on the disk when this returns.
  void append(const std::vector<Record>& shard, const Counts& counts = {}) {
    log_->append(to_jsonl(shard) + to_line(Json{{kShardEnd, shards_}, {"counts", counts}}));
    // As read back, so that a resumed run sees the same records (broken UTF-8 is mended by writing).
    for (const Record& record : shard)
      records_.push_back(Json::parse(to_line(Json(record))).template get<Record>());
    add_counts(counts);
    ++shards_;
  }

 private:
  static constexpr const char* kShardEnd = "end_of_shard";

  void add_counts(const Counts& counts) {
    for (const auto& [reason, count] : counts) counts_[reason] += count;
  }

  void restore() {
    std::vector<Record> open;
    std::string kept, text;
    for (const std::string& line : read_lines(partial_)) {
      const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (!json.is_object()) break;  // a line that a killed run did not finish
      text += line + "\n";
      if (!json.contains(kShardEnd)) {
        open.push_back(json.template get<Record>());
        continue;
      }
      records_.insert(records_.end(), open.begin(), open.end());
      open.clear();
      add_counts(json.at("counts").template get<Counts>());
      kept += text;
      text.clear();
      ++shards_;
    }
    write_file_atomically(partial_, kept);
  }

  fs::path partial_;
  std::optional<AppendLog> log_;
  std::vector<Record> records_;
  Counts counts_;
  int64_t shards_ = 0;
};

/// The records of `path` if it is there; else those that `produce` makes, written to `path` as a whole.
template <typename Record, typename Produce>
std::vector<Record> memo(const fs::path& path, Produce produce) {
  const fs::path partial = path.string() + ".partial";
  if (fs::exists(path)) {
    fs::remove(partial);  // of a run that was killed after it had written `path`
    return read_jsonl<Record>(path);
  }
  RecordSink<Record> sink(partial);
  produce(sink);
  if (!sink.counts().empty()) write_file_atomically(counts_file(path), Json(sink.counts()).dump(2) + "\n");
  write_jsonl(path, sink.records());
  fs::remove(partial);
  return sink.records();
}

}  // namespace selfreward
