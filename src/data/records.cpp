#include "data/records.h"

#include <algorithm>
#include <array>

#include "base/json_integers.h"
#include "base/json_reason.h"

namespace selfreward {
namespace {

template <typename Enum, size_t N>
using Names = std::array<std::pair<Enum, const char*>, N>;

constexpr Names<FinishReason, 2> kFinishReasons{
    {{FinishReason::stop, "stop"}, {FinishReason::length, "length"}}};
constexpr Names<JudgeFailure, 4> kJudgeFailures{{{JudgeFailure::no_score, "no_score"},
                                                 {JudgeFailure::out_of_range, "out_of_range"},
                                                 {JudgeFailure::cut_off, "cut_off"},
                                                 {JudgeFailure::several_scores, "several_scores"}}};

template <typename Enum, size_t N>
std::string name_of(const Names<Enum, N>& names, Enum value) {
  return std::find_if(names.begin(), names.end(), [&](auto& entry) { return entry.first == value; })->second;
}

template <typename Enum, size_t N>
Enum value_of(const Names<Enum, N>& names, const char* key, const std::string& name) {
  std::string known;
  for (const auto& [value, text] : names) {
    if (name == text) return value;
    known += str(known.empty() ? "" : ", ", text);
  }
  fail("[records] \"", key, "\" is '", name, "', wanted one of ", known);
}

/// json[key]; nothing where it is missing or null.
template <typename T>
std::optional<T> optional_from_json(const Json& json, const char* key) {
  if (!json.contains(key) || json.at(key).is_null()) return std::nullopt;
  T value{};
  take(json, key, value);
  return value;
}

std::string text_or_none(const Json& json, const char* key) {
  return optional_from_json<std::string>(json, key).value_or("");
}

template <typename T>
void optional_to_json(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

void inputs_to_json(Json& json, const TemplateInputs& inputs) {
  if (!inputs.tools.is_null()) json["tools"] = inputs.tools;
  if (!inputs.kwargs.is_null()) json["chat_template_kwargs"] = inputs.kwargs;
}

TemplateInputs inputs_from_json(const Json& json) {
  return {json.value("tools", Json()), json.value("chat_template_kwargs", Json())};
}

}  // namespace

std::string to_string(FinishReason reason) {
  return name_of(kFinishReasons, reason);
}
std::string to_string(JudgeFailure failure) {
  return name_of(kJudgeFailures, failure);
}

void to_json(Json& json, const Message& value) {
  json = value.full.is_null() ? Json{{"role", value.role}, {"content", value.content}} : value.full;
}
void from_json(const Json& json, Message& value) {
  const bool has_content = json.contains("content"), has_more = json.size() > (has_content ? 2 : 1);
  take(json, "role", value.role);
  value.content.clear();
  if (has_content || !has_more) take(json, "content", value.content);
  value.full = has_more ? json : Json();
}

void to_json(Json& json, const Example& value) {
  json = Json{{"id", value.id}, {"messages", value.messages}, {"source", value.source}};
  inputs_to_json(json, value.inputs);
}
void from_json(const Json& json, Example& value) {
  take(json, "id", value.id);
  take(json, "messages", value.messages);
  take(json, "source", value.source);
  value.inputs = inputs_from_json(json);
}

void to_json(Json& json, const Prompt& value) {
  json = Json{{"id", value.id}, {"prompt", value.text}, {"origin", value.origin}};
  if (!value.requirements.is_null()) json["requirements"] = value.requirements;
}
void from_json(const Json& json, Prompt& value) {
  take(json, "id", value.id);
  take(json, "prompt", value.text);
  value.origin = text_or_none(json, "origin");
  value.requirements = json.value("requirements", Json());
}

void to_json(Json& json, const RankedAnswers& value) {
  json = Json{{"id", value.id}, {"prompt", value.prompt}, {"answers", value.answers}, {"ranks", value.ranks}};
  if (!value.requirements.is_null()) json["requirements"] = value.requirements;
}
void from_json(const Json& json, RankedAnswers& value) {
  take(json, "id", value.id);
  take(json, "prompt", value.prompt);
  take(json, "answers", value.answers);
  take(json, "ranks", value.ranks);
  value.requirements = json.value("requirements", Json());
  check(value.answers.size() == value.ranks.size(), "[records] ranked answers '", value.id, "' have ",
        value.answers.size(), " answers but ", value.ranks.size(), " ranks");
}

void to_json(Json& json, const VerdictRow& value) {
  json = Json{{"id", value.id},
              {"prompt", value.prompt},
              {"answer", value.answer},
              {"requirement", value.requirement},
              {"evidence", value.evidence},
              {"met", value.met}};
  if (!value.kind.empty()) json["kind"] = value.kind;
}
void from_json(const Json& json, VerdictRow& value) {
  take(json, "id", value.id);
  value.prompt = text_or_none(json, "prompt");
  take(json, "answer", value.answer);
  take(json, "requirement", value.requirement);
  value.evidence = text_or_none(json, "evidence");
  take(json, "met", value.met);
  value.kind = text_or_none(json, "kind");
  check(!value.requirement.empty(), "[records] verdict '", value.id, "' has no requirement");
}

void to_json(Json& json, const Candidate& value) {
  json = Json{{"prompt_id", value.prompt_id},
              {"index", value.index},
              {"text", value.text},
              {"finish_reason", to_string(value.finish_reason)},
              {"token_ids", value.token_ids}};
}
void from_json(const Json& json, Candidate& value) {
  take(json, "prompt_id", value.prompt_id);
  value.index = whole_number_at(json, "index", "[records] ");
  take(json, "text", value.text);
  std::string finish_reason;
  take(json, "finish_reason", finish_reason);
  value.finish_reason = value_of(kFinishReasons, "finish_reason", finish_reason);
  take(json, "token_ids", value.token_ids);
}

void to_json(Json& json, const JudgeReply& value) {
  json = Json{{"text", value.text}};
  optional_to_json(json, "score", value.score);
  if (value.failure) json["failure"] = to_string(*value.failure);
  if (!value.requirement.empty()) json["requirement"] = value.requirement;
  optional_to_json(json, "expected", value.expected);
  if (!value.probabilities.empty()) json["probabilities"] = value.probabilities;
}
void from_json(const Json& json, JudgeReply& value) {
  take(json, "text", value.text);
  value.score = optional_from_json<double>(json, "score");
  value.failure.reset();
  if (const auto name = optional_from_json<std::string>(json, "failure"))
    value.failure = value_of(kJudgeFailures, "failure", *name);
  value.requirement = text_or_none(json, "requirement");
  value.expected = optional_from_json<double>(json, "expected");
  value.probabilities =
      optional_from_json<std::vector<double>>(json, "probabilities").value_or(std::vector<double>());
}

void to_json(Json& json, const Judgement& value) {
  json = Json{{"prompt_id", value.prompt_id}, {"index", value.index}};
  optional_to_json(json, "score", value.score);
  json["replies"] = value.replies;
}
void from_json(const Json& json, Judgement& value) {
  take(json, "prompt_id", value.prompt_id);
  value.index = whole_number_at(json, "index", "[records] ");
  value.score = optional_from_json<double>(json, "score");
  take(json, "replies", value.replies);
}

// TRL's conversational preference format with our scores, id and token ids beside it.
void to_json(Json& json, const PreferencePair& value) {
  json = Json{{"prompt_id", value.prompt_id},
              {"prompt", value.prompt},
              {"chosen", Conversation{value.chosen_message()}},
              {"rejected", Conversation{value.rejected_message()}}};
  inputs_to_json(json, value.inputs);
  optional_to_json(json, "score_chosen", value.score_chosen);
  optional_to_json(json, "score_rejected", value.score_rejected);
  json["chosen_ids"] = value.chosen_ids;
  json["rejected_ids"] = value.rejected_ids;
}
void from_json(const Json& json, PreferencePair& value) {
  const auto answer = [&](const char* key) {
    const Json& field = json.at(key);
    return field.is_string() ? Message{"assistant", field.get<std::string>()}
                             : field.at(field.size() - 1).get<Message>();
  };
  const Message chosen = answer("chosen"), rejected = answer("rejected");
  value.prompt_id = text_or_none(json, "prompt_id");
  const Json& prompt = json.at("prompt");
  value.prompt =
      prompt.is_string() ? Conversation{{"user", prompt.get<std::string>()}} : prompt.get<Conversation>();
  value.chosen = chosen.content;
  value.chosen_full = chosen.full;
  value.rejected = rejected.content;
  value.rejected_full = rejected.full;
  value.inputs = inputs_from_json(json);
  value.score_chosen = optional_from_json<double>(json, "score_chosen");
  value.score_rejected = optional_from_json<double>(json, "score_rejected");
  value.chosen_ids = optional_from_json<TokenIds>(json, "chosen_ids").value_or(TokenIds());
  value.rejected_ids = optional_from_json<TokenIds>(json, "rejected_ids").value_or(TokenIds());
}

}  // namespace selfreward
