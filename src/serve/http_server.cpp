#include "serve/http_server.h"

#include <httplib.h>

#include <ctime>
#include <thread>

#include "base/http_listener.h"
#include "serve/delivery.h"
#include "serve/http_parts.h"

namespace selfreward {
namespace {

using Clock = std::chrono::steady_clock;
using httplib::Response;

constexpr auto kLastEvents = std::chrono::seconds(2);
constexpr time_t kSocketSeconds = 30;    // for a client to send or take the next bytes
constexpr time_t kKeepAliveSeconds = 5;  // for its next request
constexpr size_t kKeepAliveRequests = 1000;
constexpr const char *kChatPath = "/v1/chat/completions", *kTextPath = "/v1/completions";

}  // namespace

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

struct HttpServer::Impl {
  Impl(Engine& the_engine, HttpSettings the_settings);
  ~Impl();

  void add_routes();
  void set_limits();
  bool is_answered_at_once(const httplib::Request& request, Response& response) const;
  void check_key(const httplib::Request& request) const;
  void check_model(const std::string& model) const;
  std::string read_body(const httplib::Request& request, const httplib::ContentReader& read) const;
  Json models() const;
  using Answer = std::function<void(Exchange&, Response&)>;
  void answer(const httplib::Request& request, Response& response, const Answer& make) const;
  void complete(const httplib::Request& request, Response& response, const httplib::ContentReader& read,
                bool chat);
  void send_stream(const Exchange& exchange, Response& response,
                   const std::shared_ptr<Delivery>& delivery) const;

  Engine& engine;
  HttpSettings settings;
  httplib::Server server;
  int port = 0;
  std::time_t started = std::time(nullptr);
  std::atomic<int64_t> deliveries = 0;  // under way
  std::thread listener;
};

HttpServer::Impl::Impl(Engine& the_engine, HttpSettings the_settings)
    : engine(the_engine), settings(std::move(the_settings)) {
  set_limits();
  add_routes();
  port = bind_alone(server, settings.host, settings.port);
  check(port > 0, "[serve] cannot listen on ", settings.host, ":", settings.port,
        "; is the port taken (--port), or the host no address of this machine (--host)?");
  listener = start_listening(server);
}

HttpServer::Impl::~Impl() {
  // The library cuts streams off when it stops, so their last events go first.
  for (const auto end = Clock::now() + kLastEvents; deliveries > 0 && Clock::now() < end;)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  server.stop();
  if (listener.joinable()) listener.join();
}

void HttpServer::Impl::set_limits() {
  const auto connections = static_cast<size_t>(settings.max_connections);
  server.new_task_queue = [connections] { return new httplib::ThreadPool(connections); };
  server.set_tcp_nodelay(true);
  server.set_read_timeout(kSocketSeconds);
  server.set_write_timeout(kSocketSeconds);
  server.set_keep_alive_timeout(kKeepAliveSeconds);
  server.set_keep_alive_max_count(kKeepAliveRequests);
  server.set_payload_max_length(static_cast<size_t>(settings.max_body_bytes));
}

/// Before a path is looked up and a body is read.
bool HttpServer::Impl::is_answered_at_once(const httplib::Request& request, Response& response) const {
  allow_origin(settings.cors_origins, request, response);
  if (request.method == "OPTIONS" && !settings.cors_origins.empty()) {
    answer_preflight(request, response);
    return true;
  }
  const bool is_ours = request.method == "POST" && (request.path == kChatPath || request.path == kTextPath);
  if (is_ours || !may_have_body(request)) return false;
  answer(request, response, [&](Exchange&, Response&) {
    throw ApiError(404, str("there is nothing at ", request.method, " ", request.path));
  });
  close_behind(request, response);
  return true;
}

void HttpServer::Impl::add_routes() {
  using httplib::ContentReader;
  using httplib::Request;
  server.set_pre_routing_handler([this](const Request& request, Response& response) {
    using Result = httplib::Server::HandlerResponse;
    return is_answered_at_once(request, response) ? Result::Handled : Result::Unhandled;
  });
  server.Get("/health", [](const Request&, Response& response) { set_json(response, {{"status", "ok"}}); });
  server.Get("/v1/models", [this](const Request& request, Response& response) {
    answer(request, response, [&](Exchange&, Response& out) {
      check_key(request);
      set_json(out, models());
    });
  });
  for (const bool chat : {true, false})
    server.Post(chat ? kChatPath : kTextPath,
                [this, chat](const Request& request, Response& response, const ContentReader& read) {
                  complete(request, response, read, chat);
                });
  server.set_error_handler([](const Request& request, Response& response) {
    if (response.has_header("Content-Type")) return;  // there is an answer
    const char* what = response.status == 404 ? "there is nothing at " : "the request cannot be read: ";
    const Exchange exchange{str(request.remote_addr, " ", request.method, " ", request.path)};
    set_error(response, ApiError(response.status, str(what, request.method, " ", request.path)));
    exchange.log(response.status);
    if (response.status != 404) close_behind(request, response);  // where such a request ends nobody knows
  });
}

void HttpServer::Impl::check_key(const httplib::Request& request) const {
  if (settings.api_key.empty()) return;
  const auto key = bearer_key(request.get_header_value("Authorization"));
  if (!key || !same_key(*key, settings.api_key))
    throw ApiError(401, "the API key is missing or wrong; send it as 'Authorization: Bearer KEY'", "",
                   "invalid_api_key");
}

void HttpServer::Impl::check_model(const std::string& model) const {
  if (!model.empty() && model != settings.model)
    throw ApiError(404, str("the model '", model, "' is not here; this server has '", settings.model, "'"),
                   "model", "model_not_found");
}

/// What is sent packed counts unpacked.
std::string HttpServer::Impl::read_body(const httplib::Request& request,
                                        const httplib::ContentReader& read) const {
  if (request.is_multipart_form_data()) bad_request("", "the body is a form, expected JSON");
  std::string body;
  const auto limit = static_cast<size_t>(settings.max_body_bytes);
  const bool whole = declared_bytes(request) <= limit && read([&](const char* data, size_t size) {
                       if (body.size() + size > limit) return false;
                       body.append(data, size);
                       return true;
                     });
  if (!whole)
    throw ApiError(413, str("the body has more than ", limit, " bytes (--max-body-mib), or was cut off"));
  return body;
}

Json HttpServer::Impl::models() const {
  const Json model = {{"id", settings.model},
                      {"object", "model"},
                      {"created", started},
                      {"owned_by", "selfreward"},
                      {"max_model_len", engine.room().context}};
  return {{"object", "list"}, {"data", Json::array({model})}};
}

/// Every error becomes a response.
void HttpServer::Impl::answer(const httplib::Request& request, Response& response, const Answer& make) const {
  Exchange exchange{str(request.remote_addr, " ", request.method, " ", request.path)};
  response.status = 200;
  try {
    return make(exchange, response);
  } catch (const ApiError& error) {
    set_error(response, error);
    exchange.note = error.what();
  } catch (const std::exception& error) {
    set_error(response, ApiError(500, error.what()));
    exchange.note = error.what();
  }
  exchange.log(response.status);
}

void HttpServer::Impl::complete(const httplib::Request& request, Response& response,
                                const httplib::ContentReader& read, bool chat) {
  bool is_read = false;
  answer(request, response, [&](Exchange& exchange, Response& out) {
    check_key(request);
    const std::string body = read_body(request, read);
    is_read = true;
    ApiRequest asked = parse_request(parse_body(body), chat, {settings.max_n});
    check_model(asked.model);
    const Connection client(request.remote_addr, request.remote_port, port);
    auto delivery = std::make_shared<Delivery>(plan_answer(std::move(asked), engine.format(), engine.room()),
                                               engine, settings.model, client,
                                               exchange.start + settings.request_timeout, deliveries);
    exchange.prompt_tokens = delivery->plan().prompt_tokens();
    if (delivery->plan().request.stream) return send_stream(exchange, out, delivery);
    set_json(out, delivery->whole());
    exchange.new_tokens = delivery->new_tokens();
    exchange.log(out.status);
  });
  if (!is_read) close_behind(request, response);
}

namespace {

/// Writes the next events of a stream; false where the client does not take them.
bool send_events(Exchange& exchange, Delivery& delivery, httplib::DataSink& sink) {
  bool done = false;
  std::string events;
  try {
    events = delivery.next_events();
    done = delivery.complete();
  } catch (const ApiError& error) {  // too late for another status
    exchange.note = error.what();
    events = event(error_json(error));
    done = true;
  }
  if (!events.empty() && !sink.write(events.data(), events.size())) return false;
  if (done) sink.done();
  return true;
}

}  // namespace

void HttpServer::Impl::send_stream(const Exchange& exchange, Response& response,
                                   const std::shared_ptr<Delivery>& delivery) const {
  auto line = std::make_shared<Exchange>(exchange);
  const auto send = [line, delivery](size_t, httplib::DataSink& sink) {
    return send_events(*line, *delivery, sink);
  };
  const auto ended = [line, delivery](bool success) {
    line->new_tokens = delivery->new_tokens();
    if (!success && line->note.empty()) line->note = "the client closed the connection";
    line->log(200);
  };
  response.set_header("Cache-Control", "no-cache");
  response.set_chunked_content_provider("text/event-stream", send, ended);
}

HttpServer::HttpServer(Engine& engine, HttpSettings settings)
    : impl_(std::make_unique<Impl>(engine, std::move(settings))) {}
HttpServer::~HttpServer() = default;

int HttpServer::port() const {
  return impl_->port;
}

}  // namespace selfreward
