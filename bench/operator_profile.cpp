#include "operator_profile.h"

#include <ATen/record_function.h>

#include <chrono>
#include <cstdio>
#include <mutex>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Frame {
  std::string name;
  Clock::time_point start;
  double children = 0;  // seconds spent in operators that this one calls
};

struct Total {
  double seconds = 0;
  int64_t calls = 0;
};

thread_local std::vector<Frame> frames;
std::mutex totals_mutex;
std::map<std::string, Total> totals;

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction& function) {
  frames.push_back({function.name(), Clock::now()});
  return nullptr;
}

void leave(const at::RecordFunction&, at::ObserverContext*) {
  if (frames.empty()) return;
  const Frame frame = std::move(frames.back());
  frames.pop_back();
  const double seconds = std::chrono::duration<double>(Clock::now() - frame.start).count();
  if (!frames.empty()) frames.back().children += seconds;
  const std::lock_guard lock(totals_mutex);
  Total& total = totals[frame.name];
  total.seconds += seconds - frame.children;
  ++total.calls;
}

}  // namespace

OperatorProfile::OperatorProfile()
    : handle_(at::addGlobalCallback(at::RecordFunctionCallback(enter, leave))) {
  totals.clear();
}

OperatorProfile::~OperatorProfile() {
  at::removeCallback(handle_);
}

std::string OperatorProfile::table(int rows) const {
  std::vector<std::pair<std::string, Total>> sorted(totals.begin(), totals.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  double all = 0;
  for (const auto& [name, total] : sorted) all += total.seconds;
  std::string text;
  for (const auto& [name, total] : sorted) {
    char line[200];
    std::snprintf(line, sizeof line, "%6.1f %%  %8.3f s  %8lld calls  %s\n", 100 * total.seconds / all,
                  total.seconds, static_cast<long long>(total.calls), name.c_str());
    if (rows-- > 0) text += line;
  }
  return text;
}

}  // namespace bench
