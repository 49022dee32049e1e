#include "data/open_assistant.h"

namespace selfreward {
namespace {

/// A boolean that older exports leave out or write as null.
bool flag_at(const Json& message, const char* key, const std::string& where) {
  const auto found = message.find(key);
  if (found == message.end() || found->is_null()) return false;
  check(found->is_boolean(), "[data] ", where, ": \"", key, "\" must be true or false, found ",
        found->type_name());
  return found->get<bool>();
}

/// Why a message does not count; nothing if it does.
std::optional<std::string> objection(const Json& message, const std::string& where) {
  if (text_at(message, "lang", where) != "en") return "not_english";
  if (flag_at(message, "deleted", where)) return "deleted";
  if (flag_at(message, "synthetic", where)) return "synthetic";
  if (!flag_at(message, "review_result", where)) return "review_not_passed";
  return std::nullopt;
}

std::optional<std::string> tree_objection(const Row& row) {
  const auto state = row.value.find("tree_state");
  if (state != row.value.end() && *state != "ready_for_export") return "tree_not_ready";
  return objection(row.value.at("prompt"), row.where);
}

const Json& replies_of(const Row& row) {
  const Json& prompt = row.value.at("prompt");
  const auto replies = prompt.find("replies");
  check(replies != prompt.end() && replies->is_array(), "[data] ", row.where,
        ": the prompt has no list of \"replies\"");
  for (const Json& reply : *replies)
    check(reply.is_object(), "[data] ", row.where, ": a reply must be an object, found ", reply.type_name());
  return *replies;
}

/// Absent where a reply was not ranked.
std::optional<double> rank_of(const Json& reply, const std::string& where) {
  const auto rank = reply.find("rank");
  if (rank == reply.end() || rank->is_null()) return std::nullopt;
  check(rank->is_number(), "[data] ", where, ": \"rank\" must be a number, found ", rank->type_name());
  return rank->get<double>();
}

const Json* best_reply(const Row& row) {
  for (const Json& reply : replies_of(row))
    if (rank_of(reply, row.where) == 0.0) return &reply;
  return nullptr;
}

}  // namespace

bool is_open_assistant_tree(const Json& row) {
  return row.contains("prompt") && row.at("prompt").is_object();
}

void add_tree_example(const Row& row, const std::string& source, Filtered<Example>& result) {
  check(is_open_assistant_tree(row.value), "[data] ", row.where,
        ": \"prompt\" must be an Open Assistant message, as in the first row");
  if (const auto reason = tree_objection(row)) return void(++result.dropped[*reason]);
  const Json* reply = best_reply(row);
  if (!reply) return void(++result.dropped["no_rank_0_reply"]);
  if (const auto reason = objection(*reply, row.where)) return void(++result.dropped[*reason]);
  const Json& prompt = row.value.at("prompt");
  result.records.push_back(
      {text_at(prompt, "message_id", row.where),
       {{"user", text_at(prompt, "text", row.where)}, {"assistant", text_at(*reply, "text", row.where)}},
       source});
}

void add_tree_answers(const Row& row, Filtered<RankedAnswers>& result) {
  check(is_open_assistant_tree(row.value), "[data] ", row.where,
        ": \"prompt\" must be an Open Assistant message, as in the first row");
  if (const auto reason = tree_objection(row)) return void(++result.dropped[*reason]);
  const Json& prompt = row.value.at("prompt");
  RankedAnswers group{text_at(prompt, "message_id", row.where), text_at(prompt, "text", row.where), {}, {}};
  for (const Json& reply : replies_of(row)) {
    const auto rank = rank_of(reply, row.where);
    const auto reason = rank ? objection(reply, row.where) : "unranked";
    if (reason) {
      ++result.dropped["reply_" + *reason];
      continue;
    }
    group.answers.push_back(text_at(reply, "text", row.where));
    group.ranks.push_back(*rank);
  }
  if (group.answers.size() < 2) return void(++result.dropped["fewer_than_two_ranked_replies"]);
  result.records.push_back(std::move(group));
}

}  // namespace selfreward
