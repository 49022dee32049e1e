#include "verifiable/topics.h"

#include <set>

#include "data/jsonl.h"

namespace selfreward::verifiable {

void from_json(const Json& json, Topic& value) {
  json.at("category").get_to(value.category);
  json.at("split").get_to(value.split);
  json.at("topic").get_to(value.name);
  json.at("items").get_to(value.items);
  json.at("sentences").get_to(value.sentences);
  value.options = json.value("options", std::vector<std::string>());
}

std::vector<Topic> read_topics(const fs::path& jsonl) {
  std::vector<Topic> topics = read_jsonl<Topic>(jsonl);
  std::set<std::string> names;
  for (const Topic& topic : topics)
    check(names.insert(topic.name).second, "[verifiable] ", jsonl.string(), ": the topic '", topic.name,
          "' is there twice; remove one");
  return topics;
}

std::vector<Topic> topics_of(const std::vector<Topic>& topics, const std::string& category,
                             const std::string& split) {
  std::vector<Topic> those;
  for (const Topic& topic : topics)
    if (topic.category == category && topic.split == split) those.push_back(topic);
  return those;
}

}  // namespace selfreward::verifiable
