#include "label/label_server.h"

#include <httplib.h>

#include <atomic>
#include <thread>

#include "base/http_listener.h"
#include "base/placeholders.h"
#include "data/jsonl.h"
#include "label/agreement.h"

namespace selfreward {

// The files of page/, compiled in (cmake/EmbedFile.cmake).
extern const std::string_view kLabelHtml, kLabelStyle, kLabelScript;

namespace {

using httplib::ContentReader;
using httplib::Request;
using httplib::Response;

constexpr const char* kJson = "application/json; charset=utf-8";
constexpr size_t kMaxBytes = 1 << 16;    // of a click
constexpr size_t kMostRead = 1 << 22;    // of a longer body, so that its client hears why it is refused
constexpr time_t kKeepAliveSeconds = 1;  // for the first request of a connection; a stop waits for it

void answer(Response& response, const Json& json, int status = 200) {
  response.status = status;
  response.set_content(to_line(json), kJson);
}

Json error_of(const std::string& message) {
  return {{"error", message}};
}

/// A label in the body of a request.
Label label_in(const std::string& body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  check(json.is_object(), "[label] the body is no JSON object");
  try {
    return json.get<Label>();
  } catch (const nlohmann::json::exception&) {
    fail("[label] the label has to have prompt_id, index and value, or prompt_id and skipped: ", body);
  }
}

/// The answers of a prompt as they are shown: the place on the page must not tell which one is the first.
Json shown(const LabelPage& page, const Prompt& prompt) {
  const auto& answers = page.tasks.answers.at(prompt.id);
  Json list = Json::array();
  for (const size_t i : page.seed.child("label", prompt.id).permutation(answers.size()))
    list.push_back({{"index", answers[i].index}, {"text", answers[i].text}});
  return {
      {"id", prompt.id}, {"prompt", prompt.text}, {"answers", list}, {"requirements", wordings_of(prompt)}};
}

}  // namespace

struct LabelServer::Impl {
  Impl(LabelPort the_port, const LabelPage& the_page);
  ~Impl();

  void set_limits();
  void add_routes();
  bool is_for_us(const Request& request) const;
  Json tasks() const;
  Json progress(const Labels& labels) const;
  std::optional<std::string> body_of(const ContentReader& read) const;
  void take_label(const Request& request, Response& response, const ContentReader& read) const;
  void keep(const Label& label, Response& response) const;
  void tell_agreement(Response& response) const;

  LabelPort port;
  LabelPage page;
  httplib::Server& server;
  std::atomic<bool> stopping = false;
  std::thread listener;
};

LabelServer::Impl::Impl(LabelPort the_port, const LabelPage& the_page)
    : port(std::move(the_port)), page(the_page), server(*port.server_) {
  set_limits();
  add_routes();
  listener = start_listening(server);
}

LabelServer::Impl::~Impl() {
  stopping = true;
  server.stop();
  listener.join();
}

/// One request a connection: what of a refused request was not read is then never taken for another request, and a page
/// that is open does not hold up a stop.
void LabelServer::Impl::set_limits() {
  server.set_payload_max_length(kMostRead);
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(kKeepAliveSeconds);
}

/// A page of somebody else's that a browser was led to under a name of its own must read and write nothing here.
bool LabelServer::Impl::is_for_us(const Request& request) const {
  const std::string host = request.get_header_value("Host"), own = str(":", port.number_);
  return host == "127.0.0.1" + own || host == "localhost" + own;
}

void LabelServer::Impl::add_routes() {
  server.set_pre_routing_handler([this](const Request& request, Response& response) {
    if (is_for_us(request)) return httplib::Server::HandlerResponse::Unhandled;
    answer(response, error_of("this server answers to 127.0.0.1 and localhost alone"), 403);
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get("/", [](const Request&, Response& response) {
    response.set_content(fill_placeholders(std::string(kLabelHtml),
                                           {{"{{STYLE}}", kLabelStyle}, {"{{SCRIPT}}", kLabelScript}}),
                         "text/html; charset=utf-8");
  });
  server.Get("/tasks", [this](const Request&, Response& response) { answer(response, tasks()); });
  server.Get("/agreement", [this](const Request&, Response& response) { tell_agreement(response); });
  server.Post("/labels", [this](const Request& request, Response& response, const ContentReader& read) {
    take_label(request, response, read);
  });
}

Json LabelServer::Impl::progress(const Labels& labels) const {
  return {{"done", labels.done()}, {"total", page.tasks.prompts.size()}, {"changed", labels.changed()}};
}

Json LabelServer::Impl::tasks() const {
  const Labels labels = page.store.labels();
  Json list = Json::array();
  for (const Prompt& prompt : page.tasks.prompts) list.push_back(shown(page, prompt));
  return {{"form", page.tasks.form},
          {"tasks", list},
          {"labels", labels.all()},
          {"progress", progress(labels)},
          {"has_judge", !page.judgements.empty()}};
}

/// Nothing where it is longer than a click. The rest is read but not kept: a connection that is closed before the client
/// has sent all of it may take the answer along.
std::optional<std::string> LabelServer::Impl::body_of(const ContentReader& read) const {
  std::string body;
  const bool whole = read([&](const char* data, size_t size) {
    if (body.size() <= kMaxBytes) body.append(data, size);
    return !stopping;
  });
  return whole && body.size() <= kMaxBytes ? std::optional(std::move(body)) : std::nullopt;
}

void LabelServer::Impl::take_label(const Request& request, Response& response,
                                   const ContentReader& read) const {
  const bool is_form = request.is_multipart_form_data();  // this reader cannot read one
  const std::optional<std::string> body = is_form ? std::nullopt : body_of(read);
  if (!request.get_header_value("Content-Type").starts_with("application/json"))
    return answer(response, error_of("the Content-Type has to be application/json"), 415);
  if (!body)
    return answer(response, error_of(str("the body has more than ", kMaxBytes, " bytes, or was cut off")),
                  413);
  try {
    const Label label = label_in(*body);
    page.store.check_fits(label);
    keep(label, response);
  } catch (const Error& error) {
    answer(response, error_of(error.what()), 400);
  }
}

/// What goes wrong here is the disk's fault, not the click's.
void LabelServer::Impl::keep(const Label& label, Response& response) const {
  try {
    page.store.add(label);
    answer(response, progress(page.store.labels()));
  } catch (const std::exception& error) {
    answer(response, error_of(error.what()), 500);
  }
}

void LabelServer::Impl::tell_agreement(Response& response) const {
  const Labels labels = page.store.labels();
  if (page.judgements.empty()) return answer(response, error_of("no --judgements were given"), 404);
  if (labels.done() < std::ssize(page.tasks.prompts))
    return answer(response, error_of("not before all prompts are labelled or passed over"), 409);
  answer(response, agreement(page.tasks, labels.ranked(), page.judgements));
}

LabelPort::LabelPort(int port)
    : server_(std::make_unique<httplib::Server>()), number_(bind_alone(*server_, "127.0.0.1", port)) {
  check(number_ > 0, "[label] cannot listen on 127.0.0.1:", port, "; is the port taken (--port)?");
}

LabelPort::LabelPort(LabelPort&&) noexcept = default;
LabelPort::~LabelPort() = default;

LabelServer::LabelServer(LabelPort port, const LabelPage& page)
    : impl_(std::make_unique<Impl>(std::move(port), page)) {}
LabelServer::~LabelServer() = default;

int LabelServer::port() const {
  return impl_->port.number_;
}

}  // namespace selfreward
