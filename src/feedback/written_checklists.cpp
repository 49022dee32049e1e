#include "feedback/written_checklists.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <unordered_map>

#include "base/in_row.h"
#include "base/text_util.h"
#include "data/shards.h"

namespace selfreward {
namespace {

constexpr size_t kMinWords = 3, kMaxWords = 40;

/// What stands behind a list's mark, or nothing where a line has none.
std::optional<std::string> point_of(const std::string& line) {
  static const Regex kMark(R"(^\s*(?:[-*•+]|\(?[0-9]{1,2}[.):])\s+(?:\[[ xX]?\]\s*)?(.*)$)");
  const auto match = kMark.search(line);
  return match ? std::optional(strip((*match)[1].in(line))) : std::nullopt;
}

std::vector<std::string> points_of(const std::string& reply) {
  std::vector<std::string> marked, lines;
  std::istringstream text(reply);
  for (std::string line; std::getline(text, line);) {
    if (strip(line).empty()) continue;
    lines.push_back(strip(line));
    if (auto point = point_of(line)) marked.push_back(std::move(*point));
  }
  return marked.empty() ? lines : marked;
}

}  // namespace

void to_json(Json& json, const WrittenChecklist& value) {
  json = Json{{"prompt_id", value.prompt_id}, {"requirements", value.requirements}, {"reply", value.reply}};
}

void from_json(const Json& json, WrittenChecklist& value) {
  json.at("prompt_id").get_to(value.prompt_id);
  json.at("requirements").get_to(value.requirements);
  json.at("reply").get_to(value.reply);
}

Filtered<std::string> parse_checklist(const std::string& reply, FinishReason finish_reason,
                                      int64_t max_requirements) {
  std::vector<std::string> points = points_of(reply);
  Filtered<std::string> kept;
  if (finish_reason == FinishReason::length && !points.empty()) {
    points.pop_back();
    ++kept.dropped["cut_off"];
  }
  std::set<std::string> known;
  for (std::string& point : points) {
    const size_t words = split_words(point).size();
    if (words < kMinWords)
      ++kept.dropped["too_short"];
    else if (words > kMaxWords)
      ++kept.dropped["too_long"];
    else if (!known.insert(point).second)
      ++kept.dropped["repeated"];
    else if (std::ssize(kept.records) == max_requirements)
      ++kept.dropped["over_maximum"];
    else
      kept.records.push_back(std::move(point));
  }
  return kept;
}

void write_checklists(const Writer& writer, const Rubric& rubric, const std::vector<Prompt>& prompts,
                      const JudgeSettings& settings, RecordSink<WrittenChecklist>& out) {
  Generator generator(writer.policy, writer.generation);
  SamplingSettings greedy = settings.sampling;
  greedy.temperature = 0;
  const auto make = [&](std::span<const Prompt> shard, const OnDone& on_done) {
    std::vector<WrittenChecklist> lists;
    std::vector<GenerationRequest> requests;
    std::vector<size_t> asked;
    Counts dropped;
    for (const Prompt& prompt : shard) {
      TokenIds ids = in_row("prompt", prompt.id, [&] {
        return writer.policy.chat().prompt_ids({{"user", rubric.render_list(prompt.text)}});
      });
      if (generator.fits(ids)) {
        asked.push_back(lists.size());
        requests.push_back({std::move(ids), 1, writer.seed.child("checklist", prompt.id)});
      } else {
        ++dropped["too_long_prompt"];
      }
      lists.push_back({prompt.id, "", {}});
    }
    const auto replies = generator.generate(requests, SamplingParams(greedy), on_done);
    for (size_t i = 0; i < asked.size(); ++i) {
      const Completion& reply = replies[i][0];
      auto points = parse_checklist(reply.text, reply.finish_reason, settings.max_requirements);
      add_counts(dropped, points.dropped);
      lists[asked[i]].reply = reply.text;
      lists[asked[i]].requirements = std::move(points.records);
    }
    const auto none =
        std::count_if(lists.begin(), lists.end(), [](const auto& list) { return list.requirements.empty(); });
    if (none > 0) dropped["no_requirements"] = none;
    out.append(lists, dropped);
  };
  for_each_shard(prompts, writer.generation.shard_size, "checklists", out, make);
}

std::vector<Prompt> without_requirements(const std::vector<Prompt>& prompts) {
  std::vector<Prompt> found;
  for (const Prompt& prompt : prompts)
    if (prompt.requirements.empty()) found.push_back(prompt);
  return found;
}

Filtered<Prompt> with_checklists(const std::vector<Prompt>& prompts,
                                 const std::vector<WrittenChecklist>& lists) {
  std::unordered_map<std::string, const WrittenChecklist*> by_id;
  for (const WrittenChecklist& list : lists) by_id[list.prompt_id] = &list;
  Filtered<Prompt> made;
  for (Prompt prompt : prompts) {
    const auto written = by_id.find(prompt.id);
    if (written != by_id.end() && !written->second->requirements.empty())
      prompt.requirements = written->second->requirements;
    if (prompt.requirements.empty())
      ++made.dropped["no_requirements"];
    else
      made.records.push_back(std::move(prompt));
  }
  return made;
}

}  // namespace selfreward
