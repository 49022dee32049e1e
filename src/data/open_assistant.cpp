#include "data/open_assistant.h"

#include <algorithm>

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
std::optional<std::string> objection(const Json& message, const Languages& languages,
                                     const std::string& where) {
  const std::string& language = text_at(message, "lang", where);
  if (std::find(languages.begin(), languages.end(), language) == languages.end()) return "other_language";
  if (flag_at(message, "deleted", where)) return "deleted";
  if (flag_at(message, "synthetic", where)) return "synthetic";
  if (!flag_at(message, "review_result", where)) return "review_not_passed";
  return std::nullopt;
}

std::optional<std::string> tree_objection(const Row& row, const Languages& languages) {
  if (has(row.value, "tree_state") && row.value.at("tree_state") != "ready_for_export")
    return "tree_not_ready";
  return objection(row.value.at("prompt"), languages, row.where);
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

void add_tree_example(const Row& row, const std::string& source, const Languages& languages,
                      Filtered<Example>& result) {
  check(is_open_assistant_tree(row.value), "[data] ", row.where,
        ": \"prompt\" must be an Open Assistant message, as in the first row");
  if (const auto reason = tree_objection(row, languages)) return leave_out(result, *reason, row.where);
  const Json* reply = best_reply(row);
  if (!reply) return leave_out(result, "no_rank_0_reply", row.where);
  if (const auto reason = objection(*reply, languages, row.where))
    return leave_out(result, *reason, row.where);
  const Json& prompt = row.value.at("prompt");
  result.records.push_back(
      {text_at(prompt, "message_id", row.where),
       {{"user", text_at(prompt, "text", row.where)}, {"assistant", text_at(*reply, "text", row.where)}},
       source});
}

void add_tree_answers(const Row& row, const Languages& languages, Filtered<RankedAnswers>& result) {
  check(is_open_assistant_tree(row.value), "[data] ", row.where,
        ": \"prompt\" must be an Open Assistant message, as in the first row");
  if (const auto reason = tree_objection(row, languages)) return leave_out(result, *reason, row.where);
  const Json& prompt = row.value.at("prompt");
  RankedAnswers group{text_at(prompt, "message_id", row.where), text_at(prompt, "text", row.where), {}, {}};
  for (const Json& reply : replies_of(row)) {
    const auto rank = rank_of(reply, row.where);
    const auto reason = rank ? objection(reply, languages, row.where) : "unranked";
    if (reason) {
      leave_out(result, "reply_" + *reason, row.where);
      continue;
    }
    group.answers.push_back(text_at(reply, "text", row.where));
    group.ranks.push_back(*rank);
  }
  if (group.answers.size() < 2) return leave_out(result, "fewer_than_two_ranked_replies", row.where);
  result.records.push_back(std::move(group));
}

namespace {

constexpr int64_t kReply = -1;

/// What is asked of a message; a file of messages would not fit into memory with all their labels.
Json first_turn_keys(const Json& message) {
  Json kept;
  for (const char* key : {"message_id", "parent_id", "text", "lang", "deleted", "synthetic", "review_result",
                          "rank", "tree_state"})
    if (has(message, key)) kept[key] = message.at(key);
  return kept;
}

}  // namespace

void MessageTrees::add(const Row& row) {
  const std::string& id = text_at(row.value, "message_id", row.where);
  const bool is_root = !has(row.value, "parent_id");
  const bool is_new = places_.emplace(id, is_root ? std::ssize(roots_) : kReply).second;
  check(is_new, "[data] ", row.where, ": message_id \"", id, "\" has been there before");
  (is_root ? roots_ : replies_).push_back({first_turn_keys(row.value), row.where, row.id, row.file});
}

std::vector<Row> MessageTrees::take() {
  for (Row& root : roots_) {
    Json tree = Json::object();
    if (has(root.value, "tree_state")) tree["tree_state"] = root.value.at("tree_state");
    root.value["replies"] = Json::array();
    tree["prompt"] = std::move(root.value);
    root.value = std::move(tree);
  }
  for (Row& reply : replies_) {
    const std::string& parent = text_at(reply.value, "parent_id", reply.where);
    const auto place = places_.find(parent);
    check(place != places_.end(), "[data] ", reply.where, ": its parent \"", parent,
          "\" is not in the file; give all files of the data set as a directory");
    if (place->second == kReply) continue;  // a later turn
    roots_[static_cast<size_t>(place->second)].value["prompt"]["replies"].push_back(std::move(reply.value));
  }
  return std::move(roots_);
}

}  // namespace selfreward
