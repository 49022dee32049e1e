#pragma once
// Requirements that a model writes for prompts that came without any: a list once per prompt, which a checklist judge
// then asks about (RLCF, Viswanathan et al. 2025, arXiv 2507.18624, section 2).
#include "data/filtered.h"
#include "data/record_file.h"
#include "feedback/judging/rubric.h"
#include "feedback/judging/settings.h"
#include "infer/generator.h"

namespace selfreward {

/// What a model wrote about one prompt, and what of it is asked about.
struct WrittenChecklist {
  std::string prompt_id, reply;
  std::vector<std::string> requirements;
};
void to_json(Json& json, const WrittenChecklist& value);
void from_json(const Json& json, WrittenChecklist& value);

/// The points of a reply without their marks ("- ", "2. ", "[ ] "): where a line has one, lines without are introductions.
/// Left out and counted: "cut_off", the last point of a reply that was; "too_short" (under three words), "too_long" (over
/// 40), "repeated", and "over_maximum".
Filtered<std::string> parse_checklist(const std::string& reply, FinishReason finish_reason,
                                      int64_t max_requirements);

/// Appends a list for each prompt: the policy's greedy reply to rubric.list_template. What was left out is counted,
/// with "no_requirements", prompts without a point, and "too_long_prompt", those that do not fit the context.
void write_checklists(const Writer& writer, const Rubric& rubric, const std::vector<Prompt>& prompts,
                      const JudgeSettings& settings, RecordSink<WrittenChecklist>& out);

/// The prompts that still need a list.
std::vector<Prompt> without_requirements(const std::vector<Prompt>& prompts);
/// The prompts with their own requirements or those that were written; "no_requirements" are left out.
Filtered<Prompt> with_checklists(const std::vector<Prompt>& prompts,
                                 const std::vector<WrittenChecklist>& lists);

}  // namespace selfreward
