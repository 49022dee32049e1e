#include "report/samples.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "base/json_reason.h"
#include "base/seed.h"
#include "data/jsonl.h"
#include "monitor/values.h"
#include "report/pairs.h"
#include "report/run_files.h"

namespace selfreward {
namespace {

constexpr size_t kMaxPrompts = 60;

/// Calls visit(row) for each line.
template <typename Visit>
void for_each_row(const fs::path& path, Visit visit) {
  if (!fs::exists(path)) return;
  std::ifstream in(path, std::ios::binary);
  int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = str(path.string(), ", line ", ++number);
    if (line.empty()) continue;
    try {
      visit(parse_json(line, where));
    } catch (const nlohmann::json::exception& e) {
      fail("[report] ", where, ": ", reason_of(e));
    }
  }
}

/// The first `count` of the ids in the order of their hashes.
std::vector<std::string> choose(const std::set<std::string>& ids, size_t count) {
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const std::string& id : ids) order.emplace_back(Seed(0).child(id).bits(0), id);
  std::sort(order.begin(), order.end());
  std::vector<std::string> chosen;
  for (size_t i = 0; i < std::min(count, order.size()); ++i) chosen.push_back(order[i].second);
  return chosen;
}

Json shown_answer(const Json& row) {
  Json answer{{"text", clipped(row.at("text").get<std::string>())}};
  for (const char* key : {"gold", "finish_reason"})
    if (row.contains(key) && row[key].is_primitive()) answer[key] = row[key];
  return answer;
}

}  // namespace

Json pair_totals(const fs::path& path) {
  if (!fs::exists(path)) return nullptr;
  const auto pairs = read_jsonl<PreferencePair>(path);
  Json result{{"total", pairs.size()}};
  if (pairs.empty()) return result;
  result.update(pair_lengths(pairs));
  return result;
}

Json sample_answers(const RunPaths& run) {
  const auto models = model_directories(run.evaluation());
  std::map<std::string, std::map<std::string, Json>> answers;  // [model][prompt id]
  std::map<std::string, std::string> prompts;                  // [prompt id]
  std::set<std::string> ids;
  for (const std::string& model : models)
    for_each_row(run.evaluation_records(model, "answers"), [&](const Json& row) {
      const std::string id = row.at("prompt_id").get<std::string>();
      ids.insert(id);
      prompts.emplace(id, row.at("prompt").get<std::string>());
      answers[model].emplace(id, shown_answer(row));
    });
  if (ids.empty()) return nullptr;
  Json result{{"models", Json::array()}, {"total", ids.size()}, {"shown", Json::array()}};
  for (const std::string& model : models)
    if (answers.contains(model)) result["models"].push_back(model);
  for (const std::string& id : choose(ids, kMaxPrompts)) {
    Json row{{"id", id}, {"prompt", clipped(prompts[id])}, {"answers", Json::array()}};
    for (const Json& model : result["models"]) {
      const auto& of_model = answers[model.get<std::string>()];
      row["answers"].push_back(of_model.contains(id) ? of_model.at(id) : Json());
    }
    result["shown"].push_back(std::move(row));
  }
  return result;
}

}  // namespace selfreward
