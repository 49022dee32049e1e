#pragma once
// A stage's output: records appended shard by shard to a partial file, under the final name when complete.
//   const Output file = records_output(dir / "candidates.jsonl", inputs);
//   const auto records = memo<Candidate>(file, /*overwrite=*/false, [&](RecordSink<Candidate>& out) {
//     for (int64_t shard = out.shards(); shard < num_shards; ++shard) out.append(make(shard));
//   });
// A finished file is read back and the producer not called; a stopped run goes on with the next shard. Either
// only where the inputs are still the same.
#include <functional>
#include <map>
#include <optional>

#include "base/output.h"
#include "data/jsonl.h"

namespace selfreward {

using Counts = std::map<std::string, int64_t>;  // by reason

/// Where the counts of a stage's file are kept: prompts.jsonl -> prompts.counts.json.
inline fs::path counts_file(const fs::path& records) {
  return file_beside(records, ".counts.json");
}

/// What counts_file has; an empty object where nothing was counted.
Json read_counts(const fs::path& records);

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

/// The rows of a partial file: complete shards are read back, and what a killed run left behind them is cut
/// off.
class ShardLog {
 public:
  /// Calls `take` with each row of the complete shards.
  ShardLog(fs::path partial, const std::function<void(const Json&)>& take);

  int64_t shards() const { return shards_; }
  /// How much is done between two saves: as much as `wanted`, or as the file was begun with, so that the
  /// setting may change before a stopped run goes on.
  int64_t shard_size(int64_t wanted);
  /// Sums of what append was told to count, over all shards.
  const Counts& counts() const { return counts_; }

  /// Adds lines of rows as the next shard; on the disk when this returns.
  void append(const std::string& lines, const Counts& counts);

 private:
  void restore(const std::function<void(const Json&)>& take);
  void end_shard(const Counts& counts);

  fs::path partial_;
  std::optional<AppendLog> log_;
  Counts counts_;
  int64_t shards_ = 0, shard_size_ = 0;
};

/// What the producer of a stage sees: the shards that an earlier, stopped run completed, and where to add
/// more.
template <typename Record>
class RecordSink {
 public:
  explicit RecordSink(fs::path partial)
      : log_(std::move(partial), [this](const Json& row) { records_.push_back(row.get<Record>()); }) {}

  int64_t shards() const { return log_.shards(); }
  int64_t shard_size(int64_t wanted) { return log_.shard_size(wanted); }
  const std::vector<Record>& records() const { return records_; }
  const Counts& counts() const { return log_.counts(); }

  /// Adds the next shard, and what it dropped by reason; on the disk when this returns.
  void append(const std::vector<Record>& shard, const Counts& counts = {}) {
    std::string lines;
    for (const Record& record : shard) {
      const std::string line = to_line(Json(record));
      lines += line;
      // As read back, so that a resumed run sees the same records (broken UTF-8 is mended by writing).
      records_.push_back(parse_json(line, "a record").template get<Record>());
    }
    log_.append(lines, counts);
  }

 private:
  std::vector<Record> records_;  // before the log, which fills it
  ShardLog log_;
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
