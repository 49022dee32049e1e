#include "label/label_server.h"

#include <doctest/doctest.h>
#include <httplib.h>

#include <set>

#include "support/scratch.h"

using namespace selfreward;

namespace {

const LabelTasks kTasks{
    "ranks",
    {{"p", "Say <b>hello</b>.", "seed"}},
    {{"p", {{"p", 0, {}, "Hello", FinishReason::stop}, {"p", 1, {}, "Hi", FinishReason::stop}}}}};

struct Served {
  explicit Served(std::vector<Judgement> judgements = {})
      : store(kTasks, scratch_dir("label_server")),
        server(LabelPort(0), {kTasks, store, std::move(judgements), Seed(1)}) {}
  httplib::Client client() const { return httplib::Client("127.0.0.1", server.port()); }
  httplib::Result post(const std::string& body, const char* type = "application/json") const {
    return client().Post("/labels", body, type);
  }

  LabelStore store;
  LabelServer server;
};

}  // namespace

TEST_CASE("the page, what is to be labelled, and a click that is on the disk when it is answered") {
  const Served served;
  auto client = served.client();
  const auto page = client.Get("/");
  CHECK(page->body.find("Label answers") != std::string::npos);
  CHECK(page->body.find("http://") == std::string::npos);
  const Json tasks = Json::parse(client.Get("/tasks")->body);
  CHECK(tasks["form"] == "ranks");
  std::set<int64_t> shown;
  for (const Json& answer : tasks["tasks"][0]["answers"]) shown.insert(answer["index"].get<int64_t>());
  CHECK(shown == std::set<int64_t>{0, 1});
  const auto answer = served.post(R"({"prompt_id": "p", "index": 1, "value": 1})");
  CHECK(answer->status == 200);
  CHECK(Json::parse(answer->body)["done"] == 0);
  CHECK(served.store.labels().all().size() == 1);
  CHECK(Json::parse(served.post(R"({"prompt_id": "p", "index": 0, "value": 2})")->body)["done"] == 1);
  CHECK(Json::parse(client.Get("/tasks")->body)["labels"].size() == 2);
}

TEST_CASE("what is no label, and who is not this page, is refused") {
  const Served served;
  for (const char* body :
       {"", "[]", "{}", R"({"prompt_id": "p"})", R"({"prompt_id": "p", "index": "x", "value": 1})",
        R"({"prompt_id": "x", "index": 0, "value": 1})", R"({"prompt_id": "p", "index": 0, "value": 9})"}) {
    CAPTURE(body);
    CHECK(served.post(body)->status == 400);
  }
  CHECK(served.post(R"({"prompt_id": "p", "index": 0, "value": 1})", "text/plain")->status == 415);
  CHECK(served.post(std::string(1 << 17, ' '))->status == 413);
  auto client = served.client();
  client.set_default_headers({{"Host", "evil.example"}});
  CHECK(client.Get("/tasks")->status == 403);
  CHECK(served.store.labels().all().empty());
}

TEST_CASE("what the disk refuses is the server's fault, and the page is told") {
  const Served served;
  fs::create_directory(served.store.ranked_file().string() + ".tmp");  // where the file would be made
  const auto answer = served.post(R"({"prompt_id": "p", "index": 1, "value": 1})");
  CHECK(answer->status == 500);
  CHECK(answer->body.find("the click is kept in") != std::string::npos);
}

TEST_CASE("the judge's agreement is told when all is labelled, and not before") {
  const Served served({{"p", 0, {}, 1}, {"p", 1, {}, 5}});
  auto client = served.client();
  CHECK(client.Get("/agreement")->status == 409);
  served.post(R"({"prompt_id": "p", "index": 1, "value": 1})");
  served.post(R"({"prompt_id": "p", "index": 0, "value": 2})");
  CHECK(Json::parse(client.Get("/agreement")->body)["agree"] == 1);
  CHECK(Json::parse(client.Get("/agreement")->body)["missing"] == 0);
  CHECK(Served().client().Get("/agreement")->status == 404);
}

TEST_CASE("a body in chunks has the same limit as one whose length is told") {
  const Served served;
  const auto post = [&](const std::string& body) {
    const auto send = [&](size_t, httplib::DataSink& sink) {
      sink.write(body.data(), body.size());
      sink.done();
      return true;
    };
    return served.client().Post("/labels", httplib::ContentProviderWithoutLength(send), "application/json");
  };
  const std::string click = R"({"prompt_id": "p", "index": 1, "value": 1})";
  const auto refused = post(std::string(1 << 17, ' ') + click);
  REQUIRE(refused);
  CHECK(refused->status == 413);
  CHECK(served.store.labels().all().empty());
  CHECK(post(click)->status == 200);
}

TEST_CASE("a form is refused before it is read") {
  const Served served;
  CHECK(served.post("--x--\r\n", "multipart/form-data; boundary=x")->status == 415);
}

TEST_CASE("a page that is open does not hold up a stop") {
  auto served = std::make_unique<Served>();
  auto client = served->client();
  client.set_keep_alive(true);
  CHECK(client.Get("/tasks")->status == 200);
  const auto start = std::chrono::steady_clock::now();
  served.reset();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
}

TEST_CASE("a port that is taken is an error that names the option") {
  const Served served;
  CHECK_THROWS_WITH_AS(LabelPort(served.server.port()), doctest::Contains("--port"), Error);
}
