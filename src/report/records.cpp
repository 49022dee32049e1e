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

std::vector<RoundRecords> read_round_records(const RunPaths& run) {
  std::vector<RoundRecords> rounds;
  for (const int64_t t : numbers_of_models(run)) {
    if (!run.has_round(t)) continue;
    const fs::path pairs = run.round_records(t, "preferences");
    rounds.push_back({t, read_if_there<Prompt>(run.round_records(t, "prompts")),
                      read_if_there<Candidate>(run.round_records(t, "candidates")),
                      read_if_there<Judgement>(run.round_records(t, "judgements")),
                      read_if_there<CandidateReward>(run.round_records(t, "rewards")),
                      read_if_there<Candidate>(run.round_records(t, "anchors")),
                      read_if_there<Judgement>(run.round_records(t, "anchor_judgements")),
                      read_if_there<PreferencePair>(pairs), fs::exists(pairs)});
  }
  return rounds;
}

}  // namespace selfreward
