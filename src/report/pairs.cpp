#include "report/pairs.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/seed.h"
#include "base/utf8.h"
#include "feedback/pairs/preference_pairs.h"

namespace selfreward {
namespace {

constexpr size_t kMaxTextBytes = 8000;

/// All that a round has on one prompt.
struct Item {
  Prompt prompt;
  std::map<int64_t, const Candidate*> candidates;
  std::map<int64_t, const Judgement*> judgements;
  std::vector<const PreferencePair*> pairs{};
  std::vector<CandidateReward> rewards{};
  std::vector<Candidate> anchors{};
  std::vector<Judgement> anchor_judgements{};
};

/// The prompts in the order of their file; prompts that only the pairs know come last.
std::vector<Item> items_of(const RoundRecords& round) {
  std::vector<Item> items;
  std::unordered_map<std::string, size_t> place;
  const auto add = [&](const Prompt& prompt) {
    if (place.emplace(prompt.id, items.size()).second) items.push_back({prompt, {}, {}});
  };
  for (const Prompt& prompt : round.prompts) add(prompt);
  for (const PreferencePair& pair : round.pairs) {
    if (pair.prompt.empty()) continue;
    add({pair.prompt_id, pair.prompt.back().content, ""});
    items[place.at(pair.prompt_id)].pairs.push_back(&pair);
  }
  for (const Candidate& candidate : round.candidates)
    if (const auto at = place.find(candidate.prompt_id); at != place.end())
      items[at->second].candidates[candidate.index] = &candidate;
  for (const Judgement& judgement : round.judgements)
    if (const auto at = place.find(judgement.prompt_id); at != place.end())
      if (items[at->second].candidates.contains(judgement.index))
        items[at->second].judgements[judgement.index] = &judgement;
  const auto share_out = [&](const auto& records, auto member) {
    for (const auto& record : records)
      if (const auto at = place.find(record.prompt_id); at != place.end())
        (items[at->second].*member).push_back(record);
  };
  share_out(round.rewards, &Item::rewards);
  share_out(round.anchors, &Item::anchors);
  share_out(round.anchor_judgements, &Item::anchor_judgements);
  return items;
}

/// Asked of the rule that chooses the pairs, so that the page can never say something else.
Json why_no_pair(const Item& item, const RoundRecords& round, PairSettings settings) {
  if (!round.has_pairs) return "unfinished";
  std::vector<Candidate> candidates;
  std::vector<Judgement> judgements;
  for (const auto& [index, candidate] : item.candidates) candidates.push_back(*candidate);
  for (const auto& [index, judgement] : item.judgements) judgements.push_back(*judgement);
  const bool all_are_kept = std::exchange(settings.top_share, 1) == 1;  // a choice among all prompts
  const std::vector<Prompt> prompts = {item.prompt};
  const auto built = build_preference_pairs(
      {prompts, candidates, judgements, item.rewards, item.anchors, item.anchor_judgements}, settings);
  if (built.records.empty() && !built.dropped.empty()) return built.dropped.begin()->first;
  return all_are_kept ? "not_in_file" : "below_top_share";
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

/// What each reply is worth, why it is worth nothing, and its text, below the requirement that it is about.
Json replies_of(const Judgement& judgement) {
  Json replies = Json::array();
  for (const JudgeReply& reply : judgement.replies) {
    const std::string asked = reply.requirement.empty() ? "" : reply.requirement + "\n";
    replies.push_back({optional_json(reply.expected ? reply.expected : reply.score),
                       reply.failure ? Json(to_string(*reply.failure)) : Json(),
                       clipped(asked + reply.text)});
  }
  return replies;
}

Json answer_of(const Candidate& candidate, const Judgement* judgement) {
  return Json::array({clipped(candidate.text), candidate.token_ids.size(),
                      candidate.finish_reason == FinishReason::length,
                      judgement ? optional_json(judgement->score) : Json(),
                      judgement ? replies_of(*judgement) : Json::array()});
}

/// The place of a pair's answer in `answers`: a pair keeps texts, not indices, so it is the candidate of this
/// text, and of this score where texts repeat. An answer that no file has is added.
size_t place_of(const Item& item, const std::string& text, const std::optional<double>& score,
                Json& answers) {
  std::optional<size_t> found;
  size_t place = 0;
  for (const auto& [index, candidate] : item.candidates) {
    const auto judged = item.judgements.find(index);
    const bool same = candidate->text == text;
    if (same && judged != item.judgements.end() && judged->second->score == score) return place;
    if (same && !found) found = place;
    ++place;
  }
  if (found) return *found;
  answers.push_back(Json::array({clipped(text), nullptr, false, optional_json(score), Json::array()}));
  return answers.size() - 1;
}

/// Without a pair the row says `why`.
Json row_of(const Item& item, const RoundRecords& round, const PreferencePair* pair, const Json& why) {
  Json answers = Json::array();
  for (const auto& [index, candidate] : item.candidates) {
    const auto judged = item.judgements.find(index);
    answers.push_back(answer_of(*candidate, judged == item.judgements.end() ? nullptr : judged->second));
  }
  Json chosen, rejected;
  if (pair) {
    chosen = place_of(item, pair->chosen, pair->score_chosen, answers);
    rejected = place_of(item, pair->rejected, pair->score_rejected, answers);
  }
  return Json::array({round.t, item.prompt.id, item.prompt.origin, clipped(item.prompt.text), why, chosen,
                      rejected, std::move(answers)});
}

size_t size_of(const Json& row) {
  return row.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 1;
}

/// Which of the rows fit into `max_bytes`, taken in the order of the hashes of their ids.
std::vector<bool> fitting(const std::vector<Json>& rows, size_t max_bytes) {
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < rows.size(); ++i)
    order.emplace_back(Seed(0).child(rows[i][1].get<std::string>()).bits(0), i);
  std::sort(order.begin(), order.end());
  std::vector<bool> kept(rows.size(), false);
  size_t bytes = 0;
  for (const auto& [hash, i] : order) {
    bytes += size_of(rows[i]);
    if (bytes > max_bytes) break;
    kept[i] = true;
  }
  return kept;
}

}  // namespace

std::string clipped(const std::string& text) {
  if (text.size() <= kMaxTextBytes) return text;
  const size_t end = character_begin(text, kMaxTextBytes);
  return str(text.substr(0, end), " … (", text.size() - end, " more bytes in the run's files)");
}

Json browse_pairs(const std::vector<RoundRecords>& rounds, const PairSettings& settings, size_t max_bytes) {
  Json result{{"total", 0}, {"left_out", 0}, {"rows", Json::array()}};
  size_t total = 0;
  for (const RoundRecords& round : rounds) {
    std::vector<Json> rows;
    for (const Item& item : items_of(round)) {
      for (const PreferencePair* pair : item.pairs) rows.push_back(row_of(item, round, pair, nullptr));
      if (item.pairs.empty())
        rows.push_back(row_of(item, round, nullptr, why_no_pair(item, round, settings)));
    }
    const std::vector<bool> kept = fitting(rows, max_bytes / rounds.size());
    for (size_t i = 0; i < rows.size(); ++i)
      if (kept[i]) result["rows"].push_back(std::move(rows[i]));
    total += rows.size();
  }
  result["total"] = total;
  result["left_out"] = total - result["rows"].size();
  return result;
}

}  // namespace selfreward
