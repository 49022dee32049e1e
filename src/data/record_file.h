#pragma once
// A stage's output: records appended shard by shard to a partial file, under the final name when complete.
//   const Output file = records_output(dir / "candidates.jsonl", inputs);
//   const auto records = memo<Candidate>(file, /*overwrite=*/false, [&](RecordSink<Candidate>& out) {
//     for (int64_t shard = out.shards(); shard < num_shards; ++shard) out.append(make(shard));
//   });
// A finished file is read back and the producer not called; a stopped run goes on with the next shard. Either
// only where the inputs are still the same.
#include <map>

#include "base/output.h"
#include "data/jsonl.h"

namespace selfreward {

using Counts = std::map<std::string, int64_t>;  // by reason

/// Where the counts of a stage's file are kept: prompts.jsonl -> prompts.counts.json.
inline fs::path counts_file(const fs::path& records) {
  return file_beside(records, ".counts.json");
}

inline fs::path partial_file(const fs::path& records) {
  return records.string() + ".partial";
}

/// A file of records as an output of a stage that is made from `inputs`.
inline Output records_output(const fs::path& records, Json inputs) {
  return {records.string(),
          {records, partial_file(records), counts_file(records)},
          inputs_file(records),
          std::move(inputs)};
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
  /// How much is done between two saves: as much as `wanted`, or as the file was begun with, so that the
  /// setting may change before a stopped run goes on.
  int64_t shard_size(int64_t wanted) {
    if (shard_size_ == 0) {
      shard_size_ = wanted;
      log_->append(to_line(Json{{kShardSize, wanted}}));
    }
    return shard_size_;
  }
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
  static constexpr const char* kShardSize = "shard_size";

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
      if (json.contains(kShardSize)) {
        shard_size_ = json.at(kShardSize).template get<int64_t>();
        kept = std::exchange(text, "");
        continue;
      }
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
  int64_t shards_ = 0, shard_size_ = 0;
};

/// The records of `path` if it is there; else those that `produce` makes, written to `path` as a whole. For
/// files that lie inside of another output, whose inputs are theirs.
template <typename Record, typename Produce>
std::vector<Record> memo(const fs::path& path, Produce produce) {
  const fs::path partial = partial_file(path);
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

constexpr const char* kOverwriteRemedy = "Name another --out, or add --overwrite to make it again.";

/// The same of `output`, which no other process may be at work on, and whose inputs must be those of earlier
/// work on it, or else `overwrite` set (base/output.h).
template <typename Record, typename Produce>
std::vector<Record> memo(const Output& output, bool overwrite, Produce produce) {
  const OutputLock lock(output.paths.front());
  take_up(output, overwrite, kOverwriteRemedy);
  return memo<Record>(output.paths.front(), produce);
}

}  // namespace selfreward
