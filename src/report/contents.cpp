#include "report/contents.h"

#include "base/version.h"
#include "report/data.h"
#include "report/distributions.h"
#include "report/events.h"
#include "report/pairs.h"
#include "report/settings.h"

namespace selfreward {
namespace {

constexpr size_t kMaxPairBytes = 40'000'000;  // a browser opens that within a second or two

}  // namespace

Json run_summary(const fs::path& run_dir) {
  Json report = collect_report(run_dir);
  report["warnings"] = merge_warnings(RunPaths(run_dir).warnings(), report["warnings"]);
  report["version"] = program_version();
  if (const auto seconds = wall_seconds(run_dir)) report["wall_seconds"] = *seconds;
  return report;
}

Json report_contents(const fs::path& run_dir) {
  const RunPaths run(run_dir);
  Json report = run_summary(run_dir);
  const std::string config = report.value("config", "");
  const auto settings = flat_settings(config, run.settings().string());
  report["changed"] = changed_settings(settings);
  const std::vector<RoundRecords> rounds = read_round_records(run);
  const SeedTexts seeds = read_seed_texts(config);
  report["histograms"] = score_histograms(rounds);
  report["texts"] = text_histograms(rounds, seeds);
  if (!seeds.problem.empty()) report["no_seeds"] = seeds.problem;
  report["pairs"] = browse_pairs(rounds, pair_settings(settings), kMaxPairBytes);
  return report;
}

}  // namespace selfreward
