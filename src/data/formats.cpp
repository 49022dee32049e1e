#include "data/formats.h"

#include <algorithm>
#include <optional>

#include "data/open_assistant.h"

namespace selfreward {
namespace {

struct Known {
  RowFormat format;
  std::vector<const char*> keys;
};

const std::vector<Known> kTrees = {
    {RowFormat::tree_messages, {"message_id", "text", "role", "message_tree_id"}}};
const std::vector<Known> kExamples = {{RowFormat::messages, {"messages"}},
                                      {RowFormat::conversations, {"conversations"}},
                                      {RowFormat::completion, {"prompt", "completion"}},
                                      {RowFormat::response, {"prompt", "response"}},
                                      {RowFormat::alpaca, {"instruction", "output"}},
                                      {RowFormat::dolly, {"instruction", "response"}}};
const std::vector<Known> kRanked = {{RowFormat::ranked, {"prompt", "answers"}}};
const std::vector<Known> kRated = {{RowFormat::rated, {"generations", "ratings"}},
                                   {RowFormat::rated, {"generations", "rating"}},
                                   {RowFormat::rated, {"responses", "ratings"}}};
const std::vector<Known> kTools = {{RowFormat::argilla, {"fields", "responses"}},
                                   {RowFormat::argilla, {"_server_id", "status"}},
                                   {RowFormat::label_studio, {"data", "annotations"}}};
const std::vector<Known> kPairs = {{RowFormat::pair, {"chosen", "rejected"}},
                                   {RowFormat::pair, {"chosen_response", "rejected_response"}}};

using Lists = std::vector<const std::vector<Known>*>;

std::optional<RowFormat> known_format(const Json& row, const Lists& lists) {
  if (lists.front() == &kTrees && is_open_assistant_tree(row)) return RowFormat::tree;
  for (const auto* list : lists)
    for (const Known& known : *list)
      if (std::all_of(known.keys.begin(), known.keys.end(), [&](const char* key) {
            return has(row, key) ||
                   (known.format == RowFormat::argilla && row.contains(key));  // null: not labelled
          }))
        return known.format;
  return std::nullopt;
}

const Lists& lists_of(Purpose purpose) {
  static const Lists examples = {&kTrees, &kExamples}, ranked = {&kTrees, &kRanked, &kRated, &kTools},
                     preferences = {&kPairs, &kRated};
  return purpose == Purpose::examples ? examples : purpose == Purpose::ranked ? ranked : preferences;
}

const char* wanted_for(Purpose purpose) {
  return purpose == Purpose::examples ? "instruction data was wanted: messages | conversations | prompt, "
                                        "completion | prompt, response | "
                                        "instruction, output | instruction, response | Open Assistant trees"
         : purpose == Purpose::ranked
             ? "ranked answers were wanted: prompt, answers, ranks | instruction, generations, ratings | "
               "Open Assistant trees | an export of Argilla or Label Studio (JSON) with rankings"
             : "preference pairs were wanted: prompt, chosen, rejected | chosen, rejected | instruction, "
               "generations, ratings";
}

const char* what_it_is(RowFormat format) {
  if (format == RowFormat::pair) return "preference pairs (`dpo` reads them)";
  if (format == RowFormat::ranked) return "ranked answers (data.ranked; are the IFT and EFT files swapped?)";
  if (format == RowFormat::rated) return "rated answers (data.ranked and `dpo` read them)";
  if (format == RowFormat::argilla || format == RowFormat::label_studio)
    return "an export of a labelling tool (data.ranked reads its rankings)";
  return "instruction data (data.ift and `sft` read it)";
}

/// Known elsewhere, and not to be taken for something else here.
void refuse_known(const Row& row) {
  const Json& value = row.value;
  check(!(has(value, "completion") && has(value, "label") && value.at("label").is_boolean()), "[data] ",
        row.where,
        ": prompt, completion and label are unpaired preferences (KTO), which are not trained here; for "
        "`dpo` put a true and a false completion of one prompt into a row prompt, chosen, rejected; for "
        "`sft` keep the true ones without the label");
}

}  // namespace

RowFormat format_of(const Row& row, Purpose purpose) {
  refuse_known(row);
  if (const auto format = known_format(row.value, lists_of(purpose))) return *format;
  if (const auto other = known_format(row.value, {&kTrees, &kPairs, &kRanked, &kRated, &kTools, &kExamples}))
    fail("[data] ", row.where, ": ", what_it_is(*other), ", where ", wanted_for(purpose),
         "; the row has: ", key_list(row.value));
  check(!has(row.value, "text"), "[data] ", row.where,
        ": \"text\" is plain text for language modelling, without roles; only answers are trained here, so "
        "give messages, or prompt and completion");
  fail("[data] ", row.where, ": unknown format; the row has: ", key_list(row.value), "; ",
       wanted_for(purpose));
}

Purpose purpose_of(const Row& row) {
  const auto format = known_format(row.value, {&kTrees, &kPairs, &kRanked, &kRated, &kTools});
  if (format == RowFormat::pair) return Purpose::preferences;
  if (format == RowFormat::ranked || format == RowFormat::rated) return Purpose::ranked;
  if (format == RowFormat::argilla || format == RowFormat::label_studio) return Purpose::ranked;
  return Purpose::examples;
}

std::string to_string(RowFormat format) {
  switch (format) {
    case RowFormat::messages:
      return "messages";
    case RowFormat::conversations:
      return "sharegpt conversations";
    case RowFormat::completion:
      return "prompt and completion";
    case RowFormat::response:
      return "prompt and response";
    case RowFormat::alpaca:
      return "alpaca";
    case RowFormat::dolly:
      return "instruction and response";
    case RowFormat::ranked:
      return "ranked answers";
    case RowFormat::rated:
      return "generations with ratings";
    case RowFormat::argilla:
      return "Argilla records with rankings";
    case RowFormat::label_studio:
      return "Label Studio tasks with rankings";
    case RowFormat::pair:
      return "preference pairs";
    case RowFormat::tree:
      return "Open Assistant trees";
    case RowFormat::tree_messages:
      return "Open Assistant messages";
  }
  fail("[data] this row format has no name");
}

}  // namespace selfreward
