#include "data/record_file.h"

#include <algorithm>

namespace selfreward {
namespace {

constexpr const char* kShardEnd = "end_of_shard";
constexpr const char* kShardSize = "shard_size";
constexpr const char* kRows = "rows";

}  // namespace

Json read_counts(const fs::path& records) {
  const fs::path path = counts_file(records);
  return fs::exists(path) ? read_json(path) : Json::object();
}

ShardLog::ShardLog(fs::path partial, const std::function<void(const Json&)>& take)
    : partial_(std::move(partial)) {
  if (fs::exists(partial_)) restore(take);
  log_.emplace(partial_);
}

int64_t ShardLog::shard_size(int64_t wanted) {
  if (shard_size_ == 0) {
    shard_size_ = wanted;
    log_->append(to_line(Json{{kShardSize, wanted}}));
  }
  return shard_size_;
}

void ShardLog::append(const std::string& lines, const Counts& counts) {
  const auto rows = std::count(lines.begin(), lines.end(), '\n');
  log_->append(lines + to_line(Json{{kShardEnd, shards_}, {kRows, rows}, {"counts", counts}}));
  end_shard(counts);
}

void ShardLog::end_shard(const Counts& counts) {
  for (const auto& [reason, count] : counts) counts_[reason] += count;
  ++shards_;
}

void ShardLog::restore(const std::function<void(const Json&)>& take) {
  std::vector<Json> open;
  std::string kept, text;
  for (const std::string& line : read_lines(partial_)) {
    Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) break;  // a line that a killed run did not finish
    text += line + "\n";
    if (json.contains(kShardSize)) {
      shard_size_ = json.at(kShardSize).get<int64_t>();
      kept = std::exchange(text, "");
    } else if (json.contains(kShardEnd)) {
      check(json.value(kRows, std::ssize(open)) == std::ssize(open), "[records] ", partial_.string(),
            ": shard ", shards_, " has ", open.size(), " rows, ", json.at(kRows).dump(),
            " were written; the file was changed, so remove it to begin anew");
      for (const Json& row : open) take(row);
      open.clear();
      end_shard(json.at("counts").get<Counts>());
      kept += std::exchange(text, "");
    } else {
      open.push_back(std::move(json));
    }
  }
  write_file_atomically(partial_, kept);
}

}  // namespace selfreward
