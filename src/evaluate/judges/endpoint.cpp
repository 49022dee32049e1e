#include "evaluate/judges/endpoint.h"

#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>

#include "base/interrupt.h"
#include "base/json_reason.h"
#include "base/progress.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_now() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

std::string read_key(const std::string& variable) {
  if (variable.empty()) return "";
  const char* value = std::getenv(variable.c_str());
  check(value && *value, "[endpoint] the environment variable ", variable,
        " is not set; put the endpoint's key into it, or leave out --api-key-env");
  const std::string key = strip(value);
  check(key.find_first_of("\r\n") == std::string::npos, "[endpoint] the key in ", variable,
        " has several lines; one is wanted");
  return key;
}

std::string address_of(std::string url) {
  check(url.starts_with("http://") || url.starts_with("https://"), "[endpoint] '", url,
        "' is no address; http://HOST/v1 or https://HOST/v1 is wanted");
  while (url.ends_with("/")) url.pop_back();
  return url.ends_with("/chat/completions") ? url : url + "/chat/completions";
}

/// Sleeps in short pieces, so that Ctrl-C is heard.
void sleep_unless(const std::atomic<bool>& stop, double seconds) {
  const double end = seconds_now() + seconds;
  for (double left = seconds; left > 0 && !stop; left = end - seconds_now())
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, 0.05)));
}

std::vector<ReplyToken> tokens_of(const Json& choice) {
  std::vector<ReplyToken> tokens;
  if (!choice.contains("logprobs") || !choice.at("logprobs").is_object()) return tokens;
  const Json& content = choice.at("logprobs").value("content", Json());
  if (!content.is_array()) return tokens;
  for (const Json& item : content) {
    ReplyToken token{item.at("token").get<std::string>(), {}};
    for (const Json& top : item.value("top_logprobs", Json::array()))
      token.top.push_back({top.at("token").get<std::string>(), top.at("logprob").get<double>()});
    tokens.push_back(std::move(token));
  }
  return tokens;
}

/// The body as JSON; where it is no chat completion, the decision becomes to ask again.
std::optional<Json> readable(const std::string& text, Decision& decision) {
  try {
    Json body = parse_json(text, "the answer");
    parse_chat_reply(body);
    return body;
  } catch (const Error& error) {
    decision = {Next::retry, error.what()};
    return std::nullopt;
  }
}

}  // namespace

ChatReply parse_chat_reply(const Json& body) {
  try {
    const Json& choice = body.at("choices").at(0);
    const Json& content = choice.at("message").at("content");
    ChatReply reply;
    if (!content.is_null()) reply.text = strip(content.get<std::string>());
    if (choice.value("finish_reason", Json()) == "length") reply.finish_reason = FinishReason::length;
    reply.tokens = tokens_of(choice);
    return reply;
  } catch (const nlohmann::json::exception& e) {
    fail("[endpoint] the answer is no chat completion: ", reason_of(e));
  }
}

/// One ask(): what the workers share.
struct Endpoint::Round {
  explicit Round(const std::vector<ChatQuestion>& asked) : questions(asked), replies(asked.size()) {}

  const std::vector<ChatQuestion>& questions;
  std::vector<Json> requests;
  std::vector<size_t> todo;  // of the questions, those that are not in the cache
  std::vector<ChatReply> replies;
  std::atomic<size_t> next = 0;
  std::atomic<bool> stop = false;
  std::mutex mutex;  // of all below, of the cache and of the pace
  std::condition_variable changed;
  size_t done = 0;
  int64_t workers = 0;
  std::exception_ptr error;
};

Endpoint::Endpoint(EndpointSettings settings)
    : settings_(std::move(settings)),
      address_(address_of(settings_.url)),
      api_key_(read_key(settings_.api_key_env)),
      cache_(settings_.cache),
      pace_(settings_.requests_per_minute) {
  check(!settings_.model.empty(), "[endpoint] --judge-model is missing: the model's name at ", settings_.url);
  check(settings_.concurrency >= 1 && settings_.concurrency <= 256, "[endpoint] --concurrency is ",
        settings_.concurrency, "; 1 to 256 is wanted");
}

Json Endpoint::request(const ChatQuestion& question, const ChatParams& params) const {
  Json body{{"model", settings_.model},
            {"messages", question.messages},
            {"temperature", params.sampling.temperature},
            {"top_p", params.sampling.top_p},
            {"max_tokens", params.sampling.max_new_tokens}};
  if (params.top_logprobs > 0) {
    body["logprobs"] = true;
    body["top_logprobs"] = params.top_logprobs;
  }
  body.merge_patch(settings_.request_patch);
  return body;
}

EndpointCost Endpoint::cost(const std::vector<ChatQuestion>& questions, const ChatParams& params) const {
  EndpointCost cost;
  for (const ChatQuestion& question : questions) {
    ++cost.requests;
    if (cache_.find(address_, request(question, params))) {
      ++cost.cached;
      continue;
    }
    int64_t bytes = 0;
    for (const Message& message : question.messages) bytes += std::ssize(message.content);
    cost.prompt_tokens += (bytes + 3) / 4;
    cost.max_completion_tokens += params.sampling.max_new_tokens;
  }
  return cost;
}

std::vector<ChatReply> Endpoint::ask(const std::vector<ChatQuestion>& questions, const ChatParams& params) {
  Round round(questions);
  for (size_t i = 0; i < questions.size(); ++i) {
    round.requests.push_back(request(questions[i], params));
    if (const auto known = cache_.find(address_, round.requests.back()))
      round.replies[i] = parse_chat_reply(*known);
    else
      round.todo.push_back(i);
  }
  std::vector<std::thread> threads;
  round.workers = std::min(settings_.concurrency, std::ssize(round.todo));
  for (int64_t n = round.workers; n > 0; --n) threads.emplace_back([&] { work(round); });
  watch(round);
  for (std::thread& thread : threads) thread.join();
  if (round.error) std::rethrow_exception(round.error);
  return std::move(round.replies);
}

/// Until the last worker has ended: shows how far they are, and stops them on Ctrl-C.
void Endpoint::watch(Round& round) {
  Progress progress("judge", std::ssize(round.todo), "requests");
  std::unique_lock lock(round.mutex);
  while (round.workers > 0) {
    round.changed.wait_for(lock, std::chrono::milliseconds(100));
    progress.update(static_cast<int64_t>(round.done));
    try {
      if (!round.stop) throw_if_interrupted();
    } catch (...) {
      round.error = std::current_exception();
      round.stop = true;
    }
  }
}

void Endpoint::work(Round& round) {
  try {
    HttpClient client(address_, api_key_, settings_.limits);
    for (size_t n; !round.stop && (n = round.next++) < round.todo.size();) {
      const size_t i = round.todo[n];
      const Json body = fetch(client, round.questions[i], round.requests[i], round);
      if (body.is_null()) break;  // stopped; what did come is kept all the same, as it is paid for
      const std::lock_guard lock(round.mutex);
      round.replies[i] = parse_chat_reply(body);
      cache_.add(address_, round.requests[i], body);
      ++round.done;
    }
  } catch (...) {
    const std::lock_guard lock(round.mutex);
    if (!round.error) round.error = std::current_exception();
    round.stop = true;
  }
  const std::lock_guard lock(round.mutex);
  --round.workers;
  round.changed.notify_all();
}

/// The body of a good answer; null where the work was stopped.
Json Endpoint::fetch(HttpClient& client, const ChatQuestion& question, const Json& request, Round& round) {
  const std::string text = request.dump(-1, ' ', false, Json::error_handler_t::replace);
  const Seed seed = Seed(0).child("endpoint", address_, text);
  std::string reason;
  for (int64_t attempt = 0; attempt < settings_.max_attempts; ++attempt) {
    wait_for_turn(round);
    if (round.stop) return nullptr;
    const HttpReply reply = client.post(text, round.stop);
    Decision decision = decide(reply);
    if (decision.next == Next::take) {
      std::optional<Json> body = readable(reply.body, decision);
      if (body) return *body;
    }
    if (decision.next == Next::give_up) give_up(question, reply, decision.reason);
    reason = decision.reason;
    if (attempt + 1 < settings_.max_attempts)
      pause(round, seconds_before_retry(attempt, reply.retry_after, settings_.first_wait, seed), reply);
  }
  fail("[endpoint] ", settings_.url, " gave no answer to '", question.id, "' in ", settings_.max_attempts,
       " attempts (", without_key(reason), "); the same command goes on, ", cache_.file().string(),
       " keeps what is there");
}

void Endpoint::wait_for_turn(Round& round) {
  double wait = 0;
  {
    const std::lock_guard lock(round.mutex);
    wait = pace_.reserve(seconds_now());
  }
  sleep_unless(round.stop, wait);
}

/// A pause that the server asked for holds for all workers.
void Endpoint::pause(Round& round, double seconds, const HttpReply& reply) {
  if (reply.retry_after) {
    const std::lock_guard lock(round.mutex);
    pace_.hold_until(seconds_now() + *reply.retry_after);
  }
  sleep_unless(round.stop, seconds);
}

void Endpoint::give_up(const ChatQuestion& question, const HttpReply& reply,
                       const std::string& reason) const {
  const std::string words = " (" + without_key(reason) + ")";
  if (reply.status == 401 || reply.status == 403)
    fail("[endpoint] ", settings_.url,
         settings_.api_key_env.empty() ? " wants a key" : " refuses the key in ", settings_.api_key_env,
         words, "; name the variable with the right one by --api-key-env");
  if (reply.status == 404)
    fail("[endpoint] ", address_, " does not exist or has no model '", settings_.model, "'", words,
         "; check --endpoint and --judge-model");
  fail("[endpoint] ", settings_.url, " refuses the request '", question.id, "'", words);
}

std::string Endpoint::without_key(std::string text) const {
  return api_key_.empty() ? text : replace_all(std::move(text), api_key_, "[key]");
}

}  // namespace selfreward
