#pragma once
// What a stage kept, and how many it left out for which reason.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace selfreward {

/// Left out by a rule is an ordinary outcome: it is counted, never silent and never an error.
template <typename Record>
struct Filtered {
  std::vector<Record> records;
  std::map<std::string, int64_t> dropped;                    // by reason
  std::map<std::string, std::vector<std::string>> places{};  // of the first rows of each reason, of file rows
};

/// Counts what stands at `where` ("data.jsonl, line 7") as left out for `reason`.
template <typename Record>
void leave_out(Filtered<Record>& result, const std::string& reason, const std::string& where) {
  constexpr size_t kPlaces = 3;
  ++result.dropped[reason];
  auto& places = result.places[reason];
  if (places.size() < kPlaces) places.push_back(where);
}

/// Adds counts by reason.
inline void add_counts(std::map<std::string, int64_t>& sum, const std::map<std::string, int64_t>& more) {
  for (const auto& [reason, count] : more) sum[reason] += count;
}

/// Adds what `part` left out, with its places.
template <typename To, typename From>
void add_left_out(Filtered<To>& result, const Filtered<From>& part) {
  add_counts(result.dropped, part.dropped);
  for (const auto& [reason, places] : part.places) {
    auto& known = result.places[reason];
    known.insert(known.end(), places.begin(), places.end());
  }
}

/// "same_tokens 2, too_long 1"; "nothing" for no counts.
inline std::string counts_text(const std::map<std::string, int64_t>& counts) {
  std::string text;
  for (const auto& [reason, count] : counts)
    text += (text.empty() ? "" : ", ") + reason + " " + std::to_string(count);
  return text.empty() ? "nothing" : text;
}

/// "empty_answer 2 (data.jsonl, line 7; data.jsonl, line 9), no_user_message 1 (...)"; empty if nothing was
/// left out.
template <typename Record>
std::string left_out_text(const Filtered<Record>& result) {
  std::string text;
  for (const auto& [reason, count] : result.dropped) {
    text += (text.empty() ? "" : ", ") + reason + " " + std::to_string(count);
    const auto places = result.places.find(reason);
    if (places == result.places.end()) continue;
    std::string list;
    for (const std::string& place : places->second) list += (list.empty() ? "" : "; ") + place;
    text += " (" + list + (count > static_cast<int64_t>(places->second.size()) ? "; ..." : "") + ")";
  }
  return text;
}

}  // namespace selfreward
