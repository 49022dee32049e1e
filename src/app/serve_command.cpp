// serve: an OpenAI-compatible server for any checkpoint.
#include <cstdlib>

#include "app/commands.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "base/text_util.h"
#include "model/policy/policy.h"
#include "serve/http_server.h"

namespace selfreward {
namespace {

constexpr auto kGrace =
    std::chrono::seconds(10);  // for answers that are under way when the server is to stop
constexpr int64_t kMostRequests = 4096, kMostMib = 4096, kMostSeconds = 1 << 30;
constexpr int64_t kSpareConnections = 32;  // beyond the queue: for those that are refused, /health, ...

struct Options {
  std::string model, kwargs, device = "auto", dtype = "bfloat16", key_env, key_file;
  HttpSettings http;
  GenerationSettings generation;
  int64_t max_queue = 256, max_body_mib = 16, timeout_seconds = 600;
};

/// The key out of the environment or a file, so that it stands in no list of processes; empty where neither
/// is named.
std::string api_key(const Options& options) {
  std::string key;
  if (!options.key_env.empty()) {
    const char* value = std::getenv(options.key_env.c_str());
    key = value ? strip(value) : "";
    check(!key.empty(), "[serve] the environment variable ", options.key_env, " (--api-key-env) is not set");
  }
  if (!options.key_file.empty()) {
    key = strip(read_file(options.key_file));
    check(!key.empty(), "[serve] ", options.key_file, " (--api-key-file) is empty");
  }
  return key;
}

HttpSettings http_settings(const Options& options) {
  HttpSettings http = options.http;
  if (http.model.empty()) http.model = options.model;
  http.api_key = api_key(options);
  http.max_body_bytes = options.max_body_mib << 20;
  http.max_connections = options.max_queue + kSpareConnections;
  http.request_timeout = std::chrono::seconds(options.timeout_seconds);
  if (http.api_key.empty() && !is_loopback(http.host))
    log_line("warning: everybody who reaches " + http.host +
             " may use this server; ask for a key (--api-key-env, --api-key-file)");
  return http;
}

void serve(const Options& options) {
  const HttpSettings http = http_settings(options);
  Policy policy = Policy::load(options.model, {options.device, options.dtype}, {options.kwargs, ""});
  Engine engine(policy, options.generation, options.max_queue);
  {
    const HttpServer server(engine, http);
    log_line(str("serving ", http.model, " at http://", http.host, ":", server.port(), "/v1; Ctrl-C stops"));
    engine.run(stop_is_requested, kGrace);
  }
  log_line("stopped");
}

void add_network_options(Command command, Options& options) {
  command.add_option("--host", options.http.host, "address to listen on; 0.0.0.0 is all").show_default();
  command.add_option("--port", options.http.port, "0: any that is free")
      .show_default()
      .between(int64_t{0}, int64_t{65535});
  command.add_option("--served-model-name", options.http.model, "what clients call the model; else the DIR")
      .type_name("NAME");
  command.add_option("--api-key-env", options.key_env, "clients need the key in this environment variable")
      .type_name("NAME");
  command.add_option("--api-key-file", options.key_file, "clients need the key in this file")
      .existing_file()
      .excludes("--api-key-env");
  command
      .add_option(
          "--cors-origin", options.http.cors_origins,
          "pages of this origin (https://example.org) may ask from a browser; may be repeated, * is all")
      .type_name("ORIGIN")
      .one_at_a_time();
}

void add_limit_options(Command command, Options& options) {
  const auto add = [&](const char* name, int64_t& value, const char* text, int64_t most = int64_t{1} << 40) {
    command.add_option(name, value, text).show_default().between(int64_t{1}, most);
  };
  add("--max-queue", options.max_queue, "requests that run or wait; more are answered 429", kMostRequests);
  add("--max-n", options.http.max_n, "answers to one prompt (n)", kMostRequests);
  add("--max-body-mib", options.max_body_mib, "size of a request", kMostMib);
  add("--request-timeout", options.timeout_seconds, "seconds until an answer must be complete", kMostSeconds);
  add("--max-batch-size", options.generation.max_batch_size, "sequences decoded at once");
  add("--max-cache-tokens", options.generation.max_cache_tokens,
      "tokens held in the KV cache; bounds its memory");
}

}  // namespace

void add_serve(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command(
      "serve", "answer OpenAI's API (/v1/chat/completions, /v1/completions) from a checkpoint");
  command.add_option("--model", options->model, "checkpoint").required().type_name("DIR");
  add_network_options(command, *options);
  add_limit_options(command, *options);
  command
      .add_option("--chat-template-kwargs", options->kwargs,
                  "variables of the chat template, as '{\"enable_thinking\": false}'")
      .type_name("JSON");
  command.add_option("--device", options->device, "auto, cpu, cuda or cuda:N").show_default();
  command.add_option("--dtype", options->dtype, "bfloat16 or float32").show_default();
  command.callback([options] { serve(*options); });
}

}  // namespace selfreward
