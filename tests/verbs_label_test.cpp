// `label` against other inputs, other settings, a stop, and what it cannot begin with.
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/output.h"
#include "data/jsonl.h"
#include "data/records.h"
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

TEST_CASE(
    "label: a stop is no error, and another sitting takes up nothing of other answers or of another form") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 4, "p.jsonl");
  REQUIRE(selfreward_does(generate(p, "c.jsonl")).code == 0);
  const auto label = [&](const std::string& more) {
    return "label --prompts p.jsonl --candidates c.jsonl --out labels " + more;
  };
  CHECK(stopped_at(label(""), kRoot / "labels/verdicts.jsonl", 0, SIGINT) == 0);
  CHECK(fs::exists(kRoot / "labels/ranked.jsonl"));
  CHECK(selfreward_does(label("--form scores")).says("--form was \"ranks\" and is \"scores\""));
  CHECK(selfreward_does(label("--form verdicts")).says("verdicts need prompts with requirements"));
  CHECK(selfreward_does(label("--form marks")).code != 0);
  const std::string answers = read_file(kRoot / "c.jsonl");
  write_file_atomically(kRoot / "c.jsonl", answers.substr(0, answers.find('\n') + 1));
  CHECK(selfreward_does(label("")).says("there is nothing to label"));
  REQUIRE(selfreward_does(generate(p, "d.jsonl", "--set seed=5")).code == 0);
  fs::rename(kRoot / "d.jsonl", kRoot / "c.jsonl");
  CHECK(selfreward_does(label("")).says("--candidates"));
  fs::remove(kRoot / "labels/verdicts.jsonl");
  CHECK(stopped_at(label("--overwrite"), kRoot / "labels/verdicts.jsonl", 0, SIGINT) == 0);
}

namespace {

void write_label_inputs() {
  fresh();
  write_file_atomically(kRoot / "p.jsonl",
                        R"({"id": "p", "prompt": "Say hello.", "requirements": ["Be short."]})"
                        "\n");
  std::string answers;
  for (const int index : {0, 1})
    answers += Json(Candidate{"p", index, {}, "Hello", FinishReason::stop}).dump() + "\n";
  write_file_atomically(kRoot / "c.jsonl", answers);
}

/// A port of this machine that somebody else listens on while it lives.
class TakenPort {
 public:
  TakenPort() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    REQUIRE(::bind(socket_, address, size) == 0);
    REQUIRE(::listen(socket_, 1) == 0);
    REQUIRE(::getsockname(socket_, address, &size) == 0);
  }
  ~TakenPort() { ::close(socket_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  int number() const { return ntohs(address_.sin_port); }

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address_{};
};

/// What should be refused but is let in ends at a port that is taken.
Result label_does(const std::string& more) {
  const TakenPort taken;
  return selfreward_does(
      str("label --prompts p.jsonl --candidates c.jsonl --port ", taken.number(), " ", more));
}

}  // namespace

TEST_CASE("label: a directory is one and the same however it is spelled, and of one process alone") {
  write_label_inputs();
  fs::create_directory(kRoot / "labels");
  fs::create_directory_symlink("labels", kRoot / "link");
  const OutputLock lock(kRoot / "labels" / "");
  for (const char* out : {"labels", "labels/", "labels/.", "link", "link/"}) {
    CAPTURE(out);
    CHECK(label_does("--out " + std::string(out)).says("another process is at work on"));
  }
}

TEST_CASE("label: --overwrite removes nothing for a page that cannot be shown") {
  write_label_inputs();
  write_file_atomically(kRoot / "labels/labels.jsonl", "kept\n");
  CHECK(label_does("--out labels --overwrite").says("cannot listen on 127.0.0.1:"));
  CHECK(read_file(kRoot / "labels/labels.jsonl") == "kept\n");
}

TEST_CASE("label: an output that is no directory, and prompts that are none, are said at once") {
  write_label_inputs();
  CHECK(label_does("--out ''").says("--out: is an empty text"));
  CHECK(!fs::exists(kRoot / "labels.inputs.json"));
  const Result file = label_does("--out p.jsonl");
  CHECK(file.says("p.jsonl is a file, wanted a directory"));
  CHECK(!file.says("filesystem error"));
  write_file_atomically(kRoot / "p.jsonl", "\n");
  CHECK(label_does("--out labels").says("p.jsonl has no rows, wanted prompts"));
}

TEST_CASE("label: a rubric's list is asked about every answer, and another list is another sitting") {
  write_label_inputs();
  write_file_atomically(kRoot / "p.jsonl", "{\"id\": \"p\", \"prompt\": \"Say hello.\"}\n");
  const auto write_rubric = [](const std::string& more) {
    write_file_atomically(kRoot / "r.yaml", "template: \"{response} {requirement}\"\n" + more);
  };
  write_rubric("");
  CHECK(label_does("--out labels --form verdicts").says("or --rubric with a list for all"));
  CHECK(label_does("--out labels --form verdicts --rubric r.yaml").says("r.yaml has no requirements"));
  write_rubric("requirements: [Be kind., Be true.]\n");
  CHECK(label_does("--out labels --rubric r.yaml").says("but --form is ranks; add --form verdicts"));
  CHECK(!fs::exists(kRoot / "labels"));
  const std::string label =
      "label --prompts p.jsonl --candidates c.jsonl --out labels --form verdicts --rubric r.yaml";
  CHECK(stopped_at(label, kRoot / "labels/verdicts.jsonl", 0, SIGINT) == 0);
  const Json click = {{"prompt_id", "p"}, {"index", 1}, {"requirement", 1}, {"value", 1}};
  write_file_atomically(kRoot / "labels/labels.jsonl", click.dump() + "\n");
  CHECK(stopped_at(label, kRoot / "labels/verdicts.jsonl", 1, SIGINT) == 0);
  const auto rows = read_jsonl<VerdictRow>(kRoot / "labels/verdicts.jsonl");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].requirement == "Be true.");
  CHECK(rows[0].kind == "requirement 2");
  CHECK(rows[0].met);
  write_rubric("requirements: [Be kind.]\n");
  CHECK(selfreward_does(label).says("--rubric"));
}

TEST_CASE("label: requirements that nobody could answer are an error with their file and prompt") {
  write_label_inputs();
  for (const std::string wrong :
       {R"("Be short.")", R"([{"wording": 5}])", R"([{"wording": "a", "kind": 7}])",
        R"([{"wording": "a", "weight": "heavy"}])", R"([{"wording": "a", "weight": 0}])",
        R"([{"kind": "title"}, {"weight": 1}])"}) {
    CAPTURE(wrong);
    write_file_atomically(kRoot / "p.jsonl",
                          R"({"id": "p", "prompt": "Say hello.", "requirements": )" + wrong + "}\n");
    for (const char* form : {"ranks", "scores", "verdicts"}) {
      const Result result = label_does(std::string("--out labels --form ") + form);
      CHECK(result.code == 1);
      CHECK(result.says("p.jsonl: [checklist] requirement"));
      CHECK(result.says("(prompt 'p')"));
      CHECK(!result.says("json.exception"));
    }
  }
  write_file_atomically(kRoot / "p.jsonl",
                        R"({"id": "p", "prompt": "Say hello.", "requirements": [{"kind": "title"}]})");
  CHECK(label_does("--out labels --form verdicts").says("left out are no_requirements 1"));
}

TEST_CASE("label: judgements of something else are refused before anything is written") {
  write_label_inputs();
  write_file_atomically(kRoot / "j.jsonl", "");
  CHECK(label_does("--out labels --judgements j.jsonl").says("j.jsonl has no judgements"));
  write_jsonl<Judgement>(kRoot / "j.jsonl", {{"p", 0, {}, 1}, {"p", 2, {}, 1}});
  CHECK(label_does("--out labels --judgements j.jsonl").says("j.jsonl judges answer 2 of prompt 'p'"));
  CHECK(!fs::exists(kRoot / "labels"));
}
