#include "recipe/report_samples.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <unordered_map>

#include "base/seed.h"
#include "data/jsonl.h"
#include "recipe/monitor_values.h"
#include "recipe/report_data.h"

namespace selfreward {
namespace {

constexpr size_t kMaxPairs = 200, kMaxPrompts = 60;
constexpr size_t kMaxTextBytes = 8000;  // keeps a report of long answers at a few MB

/// Calls visit(row) for each line: files of judgements can be too large to hold.
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
      fail("[report] ", where, ": ", e.what());
    }
  }
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::string clipped(const std::string& text) {
  if (text.size() <= kMaxTextBytes) return text;
  size_t end = kMaxTextBytes;
  while (end > 0 && continues_character(text[end])) --end;
  return str(text.substr(0, end), " … (", text.size() - end, " more bytes in the run's files)");
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

/// What is known about one shown prompt besides its pair.
struct Context {
  std::string origin;
  std::map<int64_t, Candidate> candidates;
  std::map<int64_t, Judgement> judgements;
};
using Contexts = std::unordered_map<std::string, Context>;

Contexts read_contexts(const fs::path& dir, const std::vector<std::string>& ids) {
  Contexts contexts;
  for (const std::string& id : ids) contexts[id];
  const auto shown = [&](const Json& row, const char* key) {
    const auto it = contexts.find(row.at(key).get<std::string>());
    return it == contexts.end() ? nullptr : &it->second;
  };
  for_each_row(dir / "prompts.jsonl", [&](const Json& row) {
    if (Context* context = shown(row, "id")) context->origin = row.get<Prompt>().origin;
  });
  for_each_row(dir / "candidates.jsonl", [&](const Json& row) {
    if (Context* context = shown(row, "prompt_id"))
      context->candidates[row.at("index").get<int64_t>()] = row.get<Candidate>();
  });
  for_each_row(dir / "judgements.jsonl", [&](const Json& row) {
    if (Context* context = shown(row, "prompt_id"))
      context->judgements[row.at("index").get<int64_t>()] = row.get<Judgement>();
  });
  return contexts;
}

/// A pair keeps texts, not indices: the candidate is the one with this text, and with this score if texts
/// repeat.
std::optional<int64_t> index_of(const Context& context, const std::string& text,
                                std::optional<double> score) {
  std::optional<int64_t> found;
  for (const auto& [index, candidate] : context.candidates) {
    if (candidate.text != text) continue;
    if (!found) found = index;
    const auto judgement = context.judgements.find(index);
    if (judgement != context.judgements.end() && judgement->second.score == score) return index;
  }
  return found;
}

Json replies_of(const Judgement& judgement) {
  Json replies = judgement.replies;
  for (Json& reply : replies) reply["text"] = clipped(reply["text"].get<std::string>());
  return replies;
}

Json candidate_of(const Context& context, int64_t index, bool with_replies) {
  const Candidate& candidate = context.candidates.at(index);
  Json answer{{"text", clipped(candidate.text)},
              {"tokens", candidate.token_ids.size()},
              {"finish_reason", to_string(candidate.finish_reason)}};
  const auto judgement = context.judgements.find(index);
  if (judgement == context.judgements.end()) return answer;
  if (judgement->second.score) answer["score"] = *judgement->second.score;
  if (with_replies) answer["replies"] = replies_of(judgement->second);
  return answer;
}

Json side_of(const Context& context, const std::string& text, std::optional<int64_t> index,
             std::optional<double> score) {
  Json side = index ? candidate_of(context, *index, /*with_replies=*/true) : Json{{"text", clipped(text)}};
  if (score) side["score"] = *score;
  return side;
}

Json shown_pair(const PreferencePair& pair, const Context& context) {
  const auto chosen = index_of(context, pair.chosen, pair.score_chosen);
  const auto rejected = index_of(context, pair.rejected, pair.score_rejected);
  Json others = Json::array();
  for (const auto& [index, candidate] : context.candidates)
    if (index != chosen && index != rejected)
      others.push_back(candidate_of(context, index, /*with_replies=*/false));
  return Json{{"id", pair.prompt_id},
              {"origin", context.origin},
              {"prompt", clipped(pair.prompt.back().content)},
              {"chosen", side_of(context, pair.chosen, chosen, pair.score_chosen)},
              {"rejected", side_of(context, pair.rejected, rejected, pair.score_rejected)},
              {"others", others}};
}

Json shown_answer(const Json& row) {
  Json answer{{"text", clipped(row.at("text").get<std::string>())}};
  for (const char* key : {"gold", "finish_reason"})
    if (row.contains(key) && row[key].is_primitive()) answer[key] = row[key];
  return answer;
}

}  // namespace

Json sample_pairs(const fs::path& model_dir) {
  const fs::path path = model_dir / "preferences.jsonl";
  if (!fs::exists(path)) return nullptr;
  const auto pairs = read_jsonl<PreferencePair>(path);
  Json result{{"total", pairs.size()}, {"shown", Json::array()}};
  if (pairs.empty()) return result;
  result.update(pair_lengths(pairs));
  std::unordered_map<std::string, const PreferencePair*> by_id;
  std::set<std::string> ids;
  for (const PreferencePair& pair : pairs)
    if (by_id.emplace(pair.prompt_id, &pair).second) ids.insert(pair.prompt_id);
  const auto chosen = choose(ids, kMaxPairs);
  const Contexts contexts = read_contexts(model_dir, chosen);
  for (const std::string& id : chosen) result["shown"].push_back(shown_pair(*by_id.at(id), contexts.at(id)));
  return result;
}

Json sample_answers(const fs::path& evaluation_dir) {
  const auto models = model_directories(evaluation_dir);
  std::map<std::string, std::map<std::string, Json>> answers;  // [model][prompt id]
  std::map<std::string, std::string> prompts;                  // [prompt id]
  std::set<std::string> ids;
  for (const std::string& model : models)
    for_each_row(evaluation_dir / model / "answers.jsonl", [&](const Json& row) {
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
