#include "label/labels.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/json_integers.h"
#include "data/answers_by_prompt.h"
#include "data/rated_answers.h"
#include "gold/requirement.h"

namespace selfreward {
namespace {

constexpr double kMaxScore = 5;

std::vector<double> weights_of(const Prompt& prompt) {
  std::vector<double> weights;
  for (const Json& item : prompt.requirements)
    weights.push_back(item.is_object() ? item.value("weight", 1.0) : 1.0);
  return weights;
}

/// Why a prompt cannot be labelled in this form; empty where it can.
std::string objection(const std::string& form, const Prompt& prompt, size_t answers) {
  if (answers == 0) return "no_answers";
  if (form == "ranks" && answers < 2) return "fewer_than_two_answers";
  return form == "verdicts" && wordings_of(prompt).empty() ? "no_requirements" : "";
}

}  // namespace

std::vector<std::string> wordings_of(const Prompt& prompt) {
  std::vector<std::string> wordings;
  if (!prompt.requirements.is_array()) return wordings;
  for (const Json& item : prompt.requirements)
    wordings.push_back(item.is_string()   ? item.get<std::string>()
                       : item.is_object() ? item.value("wording", "")
                                          : "");
  if (std::count(wordings.begin(), wordings.end(), "") > 0) return {};  // one that nobody could ask about
  return wordings;
}

LabelTasks label_tasks(const std::string& form, const std::vector<Prompt>& prompts,
                       const std::vector<Candidate>& candidates, std::map<std::string, int64_t>& dropped) {
  LabelTasks tasks{form, {}, {}, false};
  for (const auto& [id, answers] : answers_by_prompt(prompts, candidates, "[label] ")) {
    auto& those = tasks.answers[id];  // of a prompt without answers an empty list
    for (const auto& [index, candidate] : answers) those.push_back(*candidate);
  }
  for (const Prompt& prompt : prompts) {
    const std::string why = objection(form, prompt, tasks.answers.at(prompt.id).size());
    if (why.empty())
      tasks.prompts.push_back(prompt);
    else
      ++dropped[why];
  }
  return tasks;
}

void to_json(Json& json, const Label& label) {
  json = Json{{"prompt_id", label.prompt_id}};
  if (label.skipped) {
    json["skipped"] = *label.skipped;
    return;
  }
  json["index"] = label.index;
  json["requirement"] = label.requirement;
  json["value"] = label.value ? Json(*label.value) : Json();
}

void from_json(const Json& json, Label& label) {
  json.at("prompt_id").get_to(label.prompt_id);
  if (json.contains("skipped")) {
    for (const char* key : {"index", "requirement", "value"})
      check(!json.contains(key), "[label] found ", key,
            " beside skipped; a label gives a value or passes a prompt over, not both");
    label.skipped = json.at("skipped").get<bool>();
    return;
  }
  label.index = whole_number_at(json, "index", "[label] ");
  if (json.contains("requirement")) label.requirement = whole_number_at(json, "requirement", "[label] ");
  if (!json.at("value").is_null()) label.value = json.at("value").get<double>();
}

void Labels::check_fits(const Label& label) const {
  const auto prompt = std::find_if(tasks_.prompts.begin(), tasks_.prompts.end(),
                                   [&](const Prompt& other) { return other.id == label.prompt_id; });
  check(prompt != tasks_.prompts.end(), "[label] there is no prompt '", label.prompt_id, "'");
  if (label.skipped) return;
  const auto& answers = tasks_.answers.at(label.prompt_id);
  const auto is_it = [&](const Candidate& answer) { return answer.index == label.index; };
  check(std::any_of(answers.begin(), answers.end(), is_it), "[label] prompt '", label.prompt_id,
        "' has no answer ", label.index);
  const bool verdicts = tasks_.form == "verdicts";
  const int64_t places = verdicts ? std::ssize(wordings_of(*prompt)) : 1;
  check(label.requirement >= 0 && label.requirement < places, "[label] prompt '", label.prompt_id,
        "' has no requirement ", label.requirement);
  if (!label.value) return;
  const double low = tasks_.form == "ranks" ? 1 : 0;
  const double high = verdicts ? 1 : tasks_.form == "ranks" ? static_cast<double>(answers.size()) : kMaxScore;
  check(*label.value >= low && *label.value <= high && *label.value == std::round(*label.value),
        "[label] prompt '", label.prompt_id, "', answer ", label.index, ": the value is ", *label.value,
        ", wanted a whole number from ", low, " to ", high);
}

void Labels::add(const Label& label) {
  check_fits(label);
  clicks_.push_back(label);
  if (label.skipped) {
    skipped_.erase(label.prompt_id);
    if (*label.skipped) skipped_[label.prompt_id] = true;
    return;
  }
  const Place place{label.prompt_id, label.index, label.requirement};
  const auto before = values_.find(place);
  if (before != values_.end() && label.value && *label.value != before->second) ++changed_;
  values_.erase(place);
  if (label.value) values_[place] = *label.value;
}

bool Labels::is_whole(const Prompt& prompt) const {
  const int64_t places = tasks_.form == "verdicts" ? std::ssize(wordings_of(prompt)) : 1;
  for (const Candidate& answer : tasks_.answers.at(prompt.id))
    for (int64_t r = 0; r < places; ++r)
      if (!values_.contains({prompt.id, answer.index, r})) return false;
  return true;
}

int64_t Labels::done() const {
  return std::count_if(tasks_.prompts.begin(), tasks_.prompts.end(),
                       [&](const Prompt& prompt) { return is_done(prompt); });
}

/// Of each answer of a prompt that is labelled whole; larger is better.
std::vector<double> Labels::goodness(const Prompt& prompt) const {
  std::vector<double> goodness;
  const std::vector<double> weights = tasks_.form == "verdicts" ? weights_of(prompt) : std::vector<double>{1};
  for (const Candidate& answer : tasks_.answers.at(prompt.id)) {
    double sum = 0;
    for (size_t r = 0; r < weights.size(); ++r)
      sum += weights[r] * values_.at({prompt.id, answer.index, static_cast<int64_t>(r)});
    goodness.push_back(tasks_.form == "ranks" ? -sum : sum);
  }
  return goodness;
}

std::vector<RankedAnswers> Labels::ranked() const {
  std::vector<RankedAnswers> ranked;
  for (const Prompt& prompt : tasks_.prompts) {
    if (skipped_.contains(prompt.id) || !is_whole(prompt)) continue;
    RankedAnswers group{prompt.id, prompt.text, {}, ranks_of(goodness(prompt)), prompt.requirements};
    for (const Candidate& answer : tasks_.answers.at(prompt.id)) group.answers.push_back(answer.text);
    ranked.push_back(std::move(group));
  }
  return ranked;
}

std::vector<VerdictRow> Labels::verdicts() const {
  std::vector<VerdictRow> rows;
  if (tasks_.form != "verdicts") return rows;
  for (const Prompt& prompt : tasks_.prompts) {
    if (skipped_.contains(prompt.id)) continue;
    const auto wordings = wordings_of(prompt);
    for (const Candidate& answer : tasks_.answers.at(prompt.id))
      for (size_t r = 0; r < wordings.size(); ++r) {
        const auto value = values_.find({prompt.id, answer.index, static_cast<int64_t>(r)});
        if (value == values_.end()) continue;
        rows.push_back({str(prompt.id, "/", answer.index, "/", r), prompt.text, answer.text, wordings[r], "",
                        value->second == 1,
                        tasks_.general_list ? str("requirement ", r + 1) : sort_of(prompt.requirements[r])});
      }
  }
  return rows;
}

}  // namespace selfreward
