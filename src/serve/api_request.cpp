#include "serve/api_request.h"

#include <algorithm>
#include <limits>

#include "base/json_reason.h"
#include "serve/chat_messages.h"
#include "serve/request_fields.h"

namespace selfreward {
namespace {

constexpr int kMaxDepth = 64;
constexpr int64_t kMaxTokens = 1 << 24;
constexpr int64_t kMaxTopLogprobs = 20;
constexpr size_t kMaxStops = 32;
constexpr int64_t kMaxAnswers = 2048;  // of one request, to all its prompts
constexpr double kLeastTemperature = 1e-3, kMostTemperature = 100;

/// A string or a list of strings.
std::vector<std::string> read_stop(RequestFields& fields) {
  const Json* value = fields.find("stop");
  if (!value) return {};
  const Json list = value->is_string() ? Json::array({*value}) : *value;
  const auto is_text = [](const Json& item) { return item.is_string() && !item.get<std::string>().empty(); };
  if (!list.is_array() || list.size() > kMaxStops || !std::all_of(list.begin(), list.end(), is_text))
    bad_request("stop", str("stop is ", shown(*value), ", expected a text or a list of up to ", kMaxStops,
                            " texts, none of them empty"));
  return list.get<std::vector<std::string>>();
}

bool is_id(const Json& value) {
  return value.is_number_integer() && value.get<double>() >= 0 &&
         value.get<double>() < static_cast<double>(std::numeric_limits<int32_t>::max());
}

bool is_ids(const Json& value) {
  return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), is_id);
}

/// A text, a list of texts, token ids, or a list of lists of token ids.
void read_prompt(RequestFields& fields, ApiRequest& request) {
  const Json* prompt = fields.find("prompt");
  if (!prompt) bad_request("prompt", "prompt is missing");
  const auto all = [&](const auto& is) {
    return prompt->is_array() && !prompt->empty() && std::all_of(prompt->begin(), prompt->end(), is);
  };
  if (prompt->is_string())
    request.texts = {prompt->get<std::string>()};
  else if (all([](const Json& item) { return item.is_string(); }))
    request.texts = prompt->get<std::vector<std::string>>();
  else if (is_ids(*prompt))
    request.ids = {prompt->get<std::vector<int64_t>>()};
  else if (all(is_ids))
    request.ids = prompt->get<std::vector<std::vector<int64_t>>>();
  else
    bad_request("prompt", "prompt is neither a text, a list of texts, token ids, nor a list of token ids");
}

void read_sampling(RequestFields& fields, ApiRequest& request) {
  request.temperature = fields.number("temperature").value_or(1);
  const double t = request.temperature;
  if (t != 0 && (t < kLeastTemperature || t > kMostTemperature))
    bad_request("temperature",
                str("temperature is ", t, ", expected 0 or ", kLeastTemperature, " to ", kMostTemperature));
  request.top_p = fields.number("top_p").value_or(1);
  if (request.top_p <= 0 || request.top_p > 1)
    bad_request("top_p", str("top_p is ", request.top_p, ", expected more than 0 and at most 1"));
  request.top_k = std::max<int64_t>(0, fields.integer("top_k", -1, kMaxTokens).value_or(0));
  using Limits = std::numeric_limits<int64_t>;
  request.seed = fields.integer("seed", Limits::min() / 2, Limits::max() / 2);
  request.stop = read_stop(fields);
}

void read_stream(RequestFields& fields, ApiRequest& request) {
  request.stream = fields.boolean("stream").value_or(false);
  const Json* options = fields.find("stream_options");
  if (!options) return;
  if (!request.stream) bad_request("stream_options", "stream_options needs stream = true");
  RequestFields inner(*options, "stream_options.");
  request.include_usage = inner.boolean("include_usage").value_or(false);
  inner.refuse_others();
}

void read_chat(RequestFields& fields, ApiRequest& request) {
  const Json* messages = fields.find("messages");
  if (!messages) bad_request("messages", "messages is missing");
  request.messages = template_messages(*messages);
  if (const Json* tools = fields.find("tools")) request.tools = template_tools(*tools);
  const bool tools = !request.tools.is_null();
  fields.only("tool_choice", tools ? "auto" : "none");
  fields.only("parallel_tool_calls", true);
  request.max_tokens = fields.integer("max_tokens", 1, kMaxTokens);
  const auto newer = fields.integer("max_completion_tokens", 1, kMaxTokens);
  if (newer && request.max_tokens && newer != request.max_tokens)
    bad_request("max_tokens", "max_tokens and max_completion_tokens differ; give one of them");
  if (newer) request.max_tokens = newer;
  const bool logprobs = fields.boolean("logprobs").value_or(false);
  const auto top = fields.integer("top_logprobs", 0, kMaxTopLogprobs);
  if (top.value_or(0) > 0 && !logprobs) bad_request("top_logprobs", "top_logprobs needs logprobs = true");
  if (logprobs) request.top_logprobs = top.value_or(0);
  fields.only("response_format", {{"type", "text"}});
  fields.only("modalities", Json::array({"text"}));
}

void read_completion(RequestFields& fields, ApiRequest& request) {
  read_prompt(fields, request);
  request.echo = fields.boolean("echo").value_or(false);
  request.max_tokens = fields.integer("max_tokens", request.echo ? 0 : 1, kMaxTokens);
  request.top_logprobs = fields.integer("logprobs", 0, kMaxTopLogprobs);
  fields.only("suffix", "");
  fields.only("best_of", request.n);
}

/// What other servers' parameters say when they say nothing.
void read_neutral(RequestFields& fields) {
  fields.ignore({"user", "metadata", "store", "safety_identifier", "prompt_cache_key", "service_tier"});
  fields.only("frequency_penalty", 0);
  fields.only("presence_penalty", 0);
  fields.only("repetition_penalty", 1);
  fields.only("min_p", 0);
  fields.only("logit_bias", Json::object());
}

}  // namespace

Json parse_body(std::string_view body) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) bad_request("", str("the body is nested deeper than ", kMaxDepth, " levels"));
    return true;
  };
  check_integers("", "the body", body);
  try {
    return Json::parse(body, shallow);
  } catch (const Json::exception& error) {
    bad_request("", str("the body is not valid JSON: ", reason_of(error)));
  }
}

ApiRequest parse_request(const Json& body, bool chat, const ApiLimits& limits) {
  RequestFields fields(body);
  ApiRequest request;
  request.chat = chat;
  request.model = fields.text("model").value_or("");
  request.n = fields.integer("n", 1, limits.max_n).value_or(1);
  read_sampling(fields, request);
  read_stream(fields, request);
  if (chat)
    read_chat(fields, request);
  else
    read_completion(fields, request);
  read_neutral(fields);
  fields.refuse_others();
  const int64_t prompts = std::ssize(request.texts) + std::ssize(request.ids);
  if (prompts * request.n > kMaxAnswers)
    bad_request("prompt", str(prompts, " prompts with n = ", request.n, " are more than the ", kMaxAnswers,
                              " answers that one request may ask for"));
  return request;
}

}  // namespace selfreward
