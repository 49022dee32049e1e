#include "text/post_processor.h"

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

}  // namespace

PostProcessor::PostProcessor(const JsonPart& json) {
  for (const JsonPart& step : flatten_sequence(json, "processors")) {
    const std::string type = step.text("type");
    if (type == "TemplateProcessing")
      read_template(step);
    else if (type != "ByteLevel")
      step.unsupported("type", "ByteLevel, TemplateProcessing, Sequence");
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
  before_.insert(before_.begin(), before.begin(), before.end());
  after_.insert(after_.end(), after.begin(), after.end());
}

TokenIds PostProcessor::surround(TokenIds ids) const {
  ids.insert(ids.begin(), before_.begin(), before_.end());
  ids.insert(ids.end(), after_.begin(), after_.end());
  return ids;
}

}  // namespace selfreward
