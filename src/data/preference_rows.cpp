#include "data/preference_rows.h"

#include <algorithm>

#include "base/text_util.h"
#include "base/utf8.h"
#include "data/messages.h"
#include "data/rated_answers.h"
#include "data/tool_messages.h"
#include "data/training_marks.h"

namespace selfreward {
namespace {

/// A pair before it is known to be one: what is shared, and what is not.
struct Sides {
  Conversation prompt, chosen, rejected;
};

const char* key_of(const Row& row, const char* key, const char* other) {
  return has(row.value, other) && !has(row.value, key) ? other : key;
}

bool is_text(const Row& row, const char* key) {
  return row.value.contains(key) && row.value.at(key).is_string();
}

/// Takes what both begin with out of two whole conversations.
Sides split_conversations(const Conversation& chosen, const Conversation& rejected) {
  const auto count = static_cast<std::ptrdiff_t>(shared_messages(chosen, rejected));
  return {{chosen.begin(), chosen.begin() + count},
          {chosen.begin() + count, chosen.end()},
          {rejected.begin() + count, rejected.end()}};
}

/// A prompt that HH data spell as a text ends with an open answer, which is none of its messages.
Conversation prompt_of_text(const std::string& text) {
  if (!is_human_assistant_text(text)) return {{"user", text}};
  Conversation messages = human_assistant_messages(text);
  if (messages.back().role == "assistant" && messages.back().content.empty()) messages.pop_back();
  return messages;
}

Sides text_sides(const Row& row, const std::string& chosen, const std::string& rejected) {
  const bool has_question = has(row.value, "prompt") || has(row.value, "instruction") ||
                            has(row.value, "question") || has(row.value, "input");
  if (!has_question && is_human_assistant_text(chosen) && is_human_assistant_text(rejected))
    return split_conversations(human_assistant_messages(chosen), human_assistant_messages(rejected));
  if (!has_question) {
    const size_t count = shared_text(chosen, rejected);
    return {{{"user", chosen.substr(0, count)}},
            {{"assistant", chosen.substr(count)}},
            {{"assistant", rejected.substr(count)}}};
  }
  const bool is_list = has(row.value, "prompt") && row.value.at("prompt").is_array();
  return {is_list ? messages_at(row, "prompt", "user") : prompt_of_text(question_of(row)),
          {{"assistant", chosen}},
          {{"assistant", rejected}}};
}

Sides message_sides(const Row& row, Conversation chosen, Conversation rejected) {
  if (has(row.value, "prompt") && row.value.at("prompt").is_array())
    return {messages_at(row, "prompt", "user"), std::move(chosen), std::move(rejected)};
  const bool answers_alone = !chosen.empty() && chosen.front().role == "assistant";
  if (answers_alone) return {prompt_of_text(question_of(row)), std::move(chosen), std::move(rejected)};
  return split_conversations(chosen, rejected);
}

Sides sides_of(const Row& row) {
  const char* chosen = key_of(row, "chosen", "chosen_response");
  const char* rejected = key_of(row, "rejected", "rejected_response");
  for (const char* key : {chosen, rejected})
    check(row.value.contains(key), "[data] ", row.where, ": key \"", key,
          "\" is missing; the row has: ", key_list(row.value));
  check(is_text(row, chosen) == is_text(row, rejected), "[data] ", row.where, ": \"", chosen, "\" and \"",
        rejected, "\" must both be texts or both be lists of messages");
  if (is_text(row, chosen))
    return text_sides(row, string_at(row.value, chosen, row.where),
                      string_at(row.value, rejected, row.where));
  Conversation better = messages_at(row, chosen, "assistant");
  return message_sides(row, std::move(better), messages_at(row, rejected, "assistant"));
}

bool is_one_answer(const Conversation& messages) {
  return messages.size() == 1 && messages.front().role == "assistant";
}

std::optional<std::string> objection_to_sides(const Sides& sides) {
  if (!is_one_answer(sides.chosen) || !is_one_answer(sides.rejected)) return "answer_is_not_one_message";
  const std::string last = sides.prompt.empty() ? "" : sides.prompt.back().role;
  if (last != "user" && last != "tool") return "prompt_does_not_end_with_user";
  for (const Conversation* answer : {&sides.chosen, &sides.rejected}) {
    Conversation whole = sides.prompt;
    whole.push_back(answer->front());
    if (const auto reason = objection_to(whole)) return reason;
  }
  const Message &chosen = sides.chosen.front(), &rejected = sides.rejected.front();
  if (strip(shown_text(chosen)) == strip(shown_text(rejected))) return "chosen_is_rejected";
  return std::nullopt;
}

std::optional<double> score_at(const Row& row, const std::vector<const char*>& keys) {
  for (const char* key : keys) {
    if (!has(row.value, key)) continue;
    const Json& score = row.value.at(key);
    check(score.is_number(), "[data] ", row.where, ": \"", key, "\" must be a number, found ",
          score.type_name());
    return score.get<double>();
  }
  return std::nullopt;
}

TokenIds token_ids_at(const Row& row, const char* key) {
  TokenIds ids;
  if (!has(row.value, key)) return ids;
  for (const Json& id : list_at(row, key)) {
    check(id.is_number_integer(), "[data] ", row.where, ": \"", key, "\" must hold token ids, found ",
          id.type_name());
    ids.push_back(id);
  }
  return ids;
}

PreferencePair pair_without_text(const Row& row) {
  PreferencePair pair;
  pair.inputs = template_inputs(row);
  pair.prompt_id = optional_text(row, "prompt_id");
  if (pair.prompt_id.empty()) pair.prompt_id = id_of(row);
  pair.chosen_ids = token_ids_at(row, "chosen_ids");
  pair.rejected_ids = token_ids_at(row, "rejected_ids");
  pair.score_chosen = score_at(row, {"score_chosen", "chosen_score", "chosen_rating", "rating_chosen"});
  pair.score_rejected =
      score_at(row, {"score_rejected", "rejected_score", "rejected_rating", "rating_rejected"});
  return pair;
}

/// Why best against worst rating gives no pair.
std::optional<std::string> objection_to_ratings(const RatedAnswers& rated) {
  if (rated.answers.size() < 2) return "fewer_than_two_rated_answers";
  const auto [worst, best] = std::minmax_element(rated.ratings.begin(), rated.ratings.end());
  if (*worst == *best) return "equal_ratings";
  return std::nullopt;
}

/// The first of the best and the first of the worst, as distilabel chooses.
Sides rated_sides(const Row& row, const RatedAnswers& rated, PreferencePair& pair) {
  const auto best = std::max_element(rated.ratings.begin(), rated.ratings.end()) - rated.ratings.begin();
  const auto worst = std::min_element(rated.ratings.begin(), rated.ratings.end()) - rated.ratings.begin();
  const auto answer = [&](std::ptrdiff_t i) {
    return Conversation{{"assistant", rated.answers[static_cast<size_t>(i)]}};
  };
  pair.score_chosen = rated.ratings[static_cast<size_t>(best)];
  pair.score_rejected = rated.ratings[static_cast<size_t>(worst)];
  return {{{"user", question_of(row)}}, answer(best), answer(worst)};
}

}  // namespace

size_t shared_messages(const Conversation& chosen, const Conversation& rejected) {
  const size_t shorter = std::min(chosen.size(), rejected.size());
  size_t count = 0;
  while (count + 1 < shorter && chosen[count] == rejected[count]) ++count;
  return count;
}

size_t shared_text(const std::string& chosen, const std::string& rejected) {
  const size_t shorter = std::min(chosen.size(), rejected.size());
  size_t count = 0;
  while (count < shorter && chosen[count] == rejected[count]) ++count;
  const bool differs = count < shorter;
  if (!differs && count > 0) --count;  // one begins with the other
  count = character_begin(chosen, count);
  if (differs && count > 0 && chosen[count - 1] == ' ') --count;
  return count;
}

void add_preference(const Row& row, RowFormat format, Filtered<PreferencePair>& result) {
  refuse_unread_columns(row);
  PreferencePair pair = pair_without_text(row);
  Sides sides;
  if (format == RowFormat::rated) {
    const RatedAnswers rated = rated_answers(row);
    if (const auto reason = objection_to_ratings(rated)) return leave_out(result, *reason, row.where);
    sides = rated_sides(row, rated, pair);
  } else {
    sides = sides_of(row);
  }
  sides.prompt = with_system(row, std::move(sides.prompt));
  const bool sampled =
      !pair.chosen_ids.empty() && !pair.rejected_ids.empty();  // the ids are trained, not the texts
  const auto reason = objection_to_sides(sides);
  if (reason && !(sampled && (*reason == "empty_answer" || *reason == "chosen_is_rejected")))
    return leave_out(result, *reason, row.where);
  drop_pair_marks(sides.prompt, sides.chosen.front(), sides.rejected.front(), row.where);
  pair.prompt = std::move(sides.prompt);
  pair.chosen = std::move(sides.chosen.front().content);
  pair.chosen_full = std::move(sides.chosen.front().full);
  pair.rejected = std::move(sides.rejected.front().content);
  pair.rejected_full = std::move(sides.rejected.front().full);
  result.records.push_back(std::move(pair));
}

}  // namespace selfreward
