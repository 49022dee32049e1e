#include "text/tokenizer/post_processor.h"

namespace selfreward {
namespace {

TokenIds special_ids(const JsonPart& json, const std::string& name) {
  TokenIds ids;
  for (const JsonPart& id : json.at("special_tokens").at(name).list("ids")) {
    if (!id.json().is_number_integer()) id.wrong("an id");
    ids.push_back(id.json().get<int64_t>());
  }
  return ids;
}

/// The id of a pair ["<s>", 0].
int64_t paired_id(const JsonPart& json, const std::string& key) {
  const LookupJson& pair = json.at(key).json();
  if (!pair.is_array() || pair.size() != 2 || !pair[1].is_number_integer())
    json.at(key).wrong("[\"token\", id]");
  return pair[1].get<int64_t>();
}

}  // namespace

PostProcessor::PostProcessor(const JsonPart& json) {
  for (const JsonPart& step : flatten_sequence(json, "processors")) {
    const std::string type = step.text("type");
    if (type == "TemplateProcessing")
      read_template(step);
    else if (type == "RobertaProcessing")
      add({paired_id(step, "cls")}, {paired_id(step, "sep")});
    else if (type != "ByteLevel")
      step.unsupported("type", "ByteLevel, RobertaProcessing, TemplateProcessing, Sequence");
  }
}

void PostProcessor::read_template(const JsonPart& json) {
  TokenIds before, after;
  bool seen = false;
  for (const JsonPart& piece : json.list("single")) {
    if (piece.has("Sequence")) {
      if (seen || piece.at("Sequence").text("id") != "A") piece.wrong("one sequence A");
      seen = true;
      continue;
    }
    TokenIds& side = seen ? after : before;
    for (const int64_t id : special_ids(json, piece.at("SpecialToken").text("id"))) side.push_back(id);
  }
  if (!seen) json.at("single").wrong("one sequence A");
  add(before, after);
}

void PostProcessor::add(const TokenIds& before, const TokenIds& after) {
  before_.insert(before_.begin(), before.begin(), before.end());
  after_.insert(after_.end(), after.begin(), after.end());
}

TokenIds PostProcessor::surround(TokenIds ids) const {
  ids.insert(ids.begin(), before_.begin(), before_.end());
  ids.insert(ids.end(), after_.begin(), after_.end());
  return ids;
}

}  // namespace selfreward
