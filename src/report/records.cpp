#include "report/records.h"

#include "data/jsonl.h"
#include "report/run_files.h"

namespace selfreward {
namespace {

template <typename Record>
std::vector<Record> read_if_there(const fs::path& path) {
  return fs::exists(path) ? read_jsonl<Record>(path) : std::vector<Record>();
}

}  // namespace

std::vector<RoundRecords> read_round_records(const fs::path& run_dir) {
  std::vector<RoundRecords> rounds;
  for (const std::string& name : model_directories(run_dir)) {
    const auto t = model_number(name);
    const fs::path dir = run_dir / name;
    if (!t || !(fs::exists(dir / "round.json") || fs::exists(dir / "prompts.jsonl"))) continue;
    rounds.push_back(
        {*t, read_if_there<Prompt>(dir / "prompts.jsonl"), read_if_there<Candidate>(dir / "candidates.jsonl"),
         read_if_there<Judgement>(dir / "judgements.jsonl"),
         read_if_there<PreferencePair>(dir / "preferences.jsonl"), fs::exists(dir / "preferences.jsonl")});
  }
  return rounds;
}

}  // namespace selfreward
