#include "evaluate/statistics/win_rate.h"

#include <cmath>

namespace selfreward {
namespace {

/// The verdict on the first model's answer, wherever it was shown: 1 better, -1 worse, 0 tie.
int outcome(Verdict verdict, bool shown_first) {
  if (verdict == Verdict::tie) return 0;
  return (verdict == Verdict::first) == shown_first ? 1 : -1;
}

void count(WinRate& rate, int outcome) {
  if (outcome > 0)
    ++rate.wins;
  else if (outcome < 0)
    ++rate.losses;
  else
    ++rate.ties;
}

const char* name_of(Verdict verdict) {
  return verdict == Verdict::first ? "first" : verdict == Verdict::second ? "second" : "tie";
}

std::optional<Verdict> verdict_at(const Json& json, const char* key) {
  if (!json.contains(key)) return std::nullopt;
  const auto name = json.at(key).get<std::string>();
  return name == "first" ? Verdict::first : name == "second" ? Verdict::second : Verdict::tie;
}

}  // namespace

void add_verdicts(Json& json, const BothOrders& verdicts) {
  if (verdicts.shown_first) json["shown_first"] = name_of(*verdicts.shown_first);
  if (verdicts.shown_second) json["shown_second"] = name_of(*verdicts.shown_second);
}

BothOrders verdicts_in(const Json& json) {
  return {verdict_at(json, "shown_first"), verdict_at(json, "shown_second")};
}

std::optional<double> WinRate::rate() const {
  if (compared() == 0) return std::nullopt;
  return (static_cast<double>(wins) + static_cast<double>(ties) / 2) / static_cast<double>(compared());
}

std::optional<double> WinRate::standard_error() const {
  if (compared() < 2) return std::nullopt;
  const double n = static_cast<double>(compared()), mean = *rate();
  const double squares = static_cast<double>(wins) * (1 - mean) * (1 - mean) +
                         static_cast<double>(ties) * (0.5 - mean) * (0.5 - mean) +
                         static_cast<double>(losses) * mean * mean;
  return std::sqrt(squares / (n - 1) / n);
}

WinRate win_rate(const std::vector<std::pair<std::optional<double>, std::optional<double>>>& scores) {
  WinRate rate;
  for (const auto& [ours, theirs] : scores) {
    if (!ours || !theirs)
      ++rate.missing;
    else
      count(rate, (*ours > *theirs) - (*ours < *theirs));
  }
  return rate;
}

WinRate win_rate(const std::vector<BothOrders>& verdicts) {
  WinRate rate;
  for (const BothOrders& both : verdicts) {
    if (!both.shown_first || !both.shown_second) {
      ++rate.missing;
      continue;
    }
    const int one = outcome(*both.shown_first, /*shown_first=*/true);
    count(rate, one == outcome(*both.shown_second, /*shown_first=*/false) ? one : 0);
  }
  return rate;
}

Json to_json(const WinRate& rate) {
  const auto value = [](const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); };
  return {{"wins", rate.wins},
          {"ties", rate.ties},
          {"losses", rate.losses},
          {"missing", rate.missing},
          {"win_rate", value(rate.rate())},
          {"standard_error", value(rate.standard_error())}};
}

}  // namespace selfreward
