// `evaluate winrate`, `alpaca`, `leaderboard` and `mt-bench` as a person runs them, with gold rules, a chat
// endpoint that is a real server in this test, and a tiny checkpoint.
#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/json.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::string kModel = SELFREWARD_SOURCE_DIR "/tests/fixtures/tiny_llama";

/// A fresh directory for results.
std::string fresh(const std::string& name) {
  fs::remove_all(scratch(name));
  return scratch(name).string();
}

std::string written(const std::string& name, const std::string& text) {
  write_file_atomically(scratch(name), text);
  return scratch(name).string();
}

/// What a command prints, errors too.
std::string selfreward_prints(const std::string& arguments) {
  const fs::path printed = scratch("printed.txt");
  fs::create_directories(printed.parent_path());
  const std::string command = "cd " SELFREWARD_SOURCE_DIR
                              " && SELFREWARD_TEST_KEY=secret-123 " SELFREWARD_PROGRAM " evaluate " +
                              arguments + " > " + printed.string() + " 2>&1 < /dev/null";
  static_cast<void>(std::system(command.c_str()));
  return read_file(printed);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string outputs(const std::string& name, const std::vector<std::string>& answers) {
  Json rows = Json::array();
  for (size_t i = 0; i < answers.size(); ++i)
    rows.push_back({{"dataset", i % 2 ? "odd" : "even"},
                    {"instruction", str("question ", i)},
                    {"output", answers[i]},
                    {"generator", name}});
  return written(name + ".json", rows.dump());
}

/// Twelve answers; `good` of them are good.
std::string model(const std::string& name, size_t good, const std::string& ending = "") {
  std::vector<std::string> answers;
  for (size_t i = 0; i < 12; ++i)
    answers.push_back((i < good ? "good" : "bad") + std::string(i, '.') + ending);
  return outputs(name, answers);
}

/// A judge that says A where the first answer is good and the second is not, and so on; equal ones: A.
class JudgeServer {
 public:
  JudgeServer() {
    server_.Post("/v1/chat/completions", [this](const httplib::Request& request,
                                                httplib::Response& response) {
      ++requests;
      const Json body = Json::parse(request.body);
      const std::string text = body.at("messages").at(0).at("content").get<std::string>();
      const size_t b = text.find("Answer B:");
      const bool a_good = contains(text.substr(0, b), "good"), b_good = contains(text.substr(b), "good");
      const std::string letter = b_good && !a_good ? "B" : "A";
      Json choice{{"message", {{"content", body.contains("logprobs") ? letter : "So. Verdict: " + letter}}},
                  {"finish_reason", "stop"}};
      if (body.contains("logprobs")) choice["logprobs"] = logprobs(letter);
      response.set_content(Json{{"choices", Json::array({choice})}}.dump(), "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~JudgeServer() {
    server_.stop();
    thread_.join();
  }
  std::string arguments() const {
    return str(" --endpoint http://127.0.0.1:", port_,
               "/v1 --judge-model toy --api-key-env SELFREWARD_TEST_KEY ");
  }
  std::atomic<int> requests = 0;

 private:
  /// 0.8 for the letter.
  static Json logprobs(const std::string& letter) {
    const Json top = {{{"token", letter}, {"logprob", std::log(0.8)}},
                      {{"token", letter == "A" ? "B" : "A"}, {"logprob", std::log(0.2)}}};
    const Json token{{"token", letter}, {"logprob", std::log(0.8)}, {"top_logprobs", top}};
    return {{"content", Json::array({token})}};
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

/// Whether any file below the directory says it.
bool some_file_says(const std::string& dir, const std::string& text) {
  for (const auto& entry : fs::recursive_directory_iterator(dir))
    if (entry.is_regular_file() && contains(read_file(entry.path()), text)) return true;
  return false;
}

}  // namespace

TEST_CASE("winrate by gold rules: all pairs, categories, one table") {
  const std::string rules = written("gold.yaml",
                                    "prompt_pattern: 'question \\d+'\nmax_score: 1\n"
                                    "rules:\n  - {when: 'question', then: 'good'}\n");
  const std::string out = fresh("gold");
  const std::string printed = selfreward_prints("winrate " + model("m8", 8) + " " + model("m4", 4) + " " +
                                                model("m0", 0) + " --gold " + rules + " --out " + out);
  CAPTURE(printed);
  REQUIRE(fs::exists(out + "/winrate.json"));
  const Json pairs = read_json(out + "/winrate.json").at("pairs");
  REQUIRE(pairs.size() == 3);
  CHECK(pairs[0].at("a") == "m8");
  CHECK(pairs[0].at("wins") == 4);
  CHECK(pairs[0].at("ties") == 8);
  CHECK(pairs[0].at("win_rate").get<double>() == doctest::Approx(8.0 / 12));
  CHECK(pairs[0].at("categories").at("even").at("n") == 6);
  CHECK(pairs[0].at("position").is_null());
  CHECK(pairs[1].at("wins") == 8);
  CHECK(contains(printed, "m8 against m4"));
}

TEST_CASE("winrate by an endpoint: both orders, no request twice, the key nowhere") {
  JudgeServer judge;
  const std::string out = fresh("endpoint");
  const std::string command =
      "winrate " + model("m8", 8, "!") + " " + model("m4", 4) + judge.arguments() + " --out " + out;
  std::string printed = selfreward_prints(command + " --dry-run --price-in 1 --price-out 1");
  CAPTURE(printed);
  CHECK(judge.requests == 0);
  CHECK(contains(printed, "24 requests to toy, 0 of them in the cache"));
  CHECK(contains(printed, "\"model\": \"toy\""));
  printed = selfreward_prints(command + " --price-in 1 --price-out 1");
  CHECK(contains(printed, "add --yes"));
  CHECK(judge.requests == 0);
  printed = selfreward_prints(command + " --price-in 1 --price-out 1 --yes");
  CHECK(judge.requests == 24);
  const std::string first = read_file(out + "/winrate.json");
  const Json pair = Json::parse(first).at("pairs")[0];
  CHECK(pair.at("wins") == 4);
  CHECK(pair.at("ties") == 8);  // the judge says A of two equally good ones: the orders disagree
  CHECK(pair.at("position").at("disagreements") == 8);
  CHECK(pair.at("position").at("share").get<double>() == doctest::Approx(20.0 / 24));
  CHECK(!some_file_says(out, "secret-123"));

  fs::remove(out + "/comparisons/m8_vs_m4.jsonl");  // as if it had been stopped
  const std::string cache = read_file(out + "/endpoint.jsonl");
  write_file_atomically(out + "/endpoint.jsonl", cache.substr(0, cache.size() - 10));
  selfreward_prints(command);
  CHECK(judge.requests == 25);
  CHECK(read_file(out + "/winrate.json") == first);

  model("m8", 9, "!");
  printed = selfreward_prints(command);
  CHECK(contains(printed, "was made from something else: answers has another content"));
  CHECK(judge.requests == 25);
}

TEST_CASE("alpaca by an endpoint's probabilities, and the leaderboard of its annotations") {
  JudgeServer judge;
  const std::string out = fresh("alpaca");
  std::string printed = selfreward_prints("alpaca --model " + model("m8", 8, "!") + " --reference " +
                                          model("m4", 4) + judge.arguments() + " --weighted --out " + out);
  CAPTURE(printed);
  REQUIRE(fs::exists(out + "/annotations.json"));
  const Json annotations = read_json(out + "/annotations.json");
  CHECK(annotations.size() == 12);
  CHECK(annotations[0].at("generator_1") == "m4");
  CHECK(annotations[0].at("preference").get<double>() == doctest::Approx(1.5));
  CHECK(annotations[5].at("preference").get<double>() == doctest::Approx(1.8));
  CHECK(read_json(out + "/model_outputs.json")[3].at("generator") == "m8");
  const std::string csv = read_file(out + "/leaderboard.csv");
  CHECK(contains(csv, "\nm8,60,"));  // (4 * 0.8 + 8 * 0.5) / 12
  printed = selfreward_prints("leaderboard " + out + "/annotations.json --out " + out + "/again.csv");
  CHECK(read_file(out + "/again.csv") == csv);
  CHECK(contains(printed, "length_controlled_minimal"));
}

TEST_CASE("a checkpoint answers and another judges; the same command makes nothing again") {
  const std::string instructions =
      written("instructions.jsonl", "{\"instruction\": \"hi\"}\n{\"instruction\": \"you\"}\n");
  const std::string rubric = written("rubric.yaml",
                                     "template: '{instruction} {response_a} {response_b}'\n"
                                     "verdict_pattern: '(A|B|tie)'\n");
  const std::string other =
      written("other.json",
              "[{\"instruction\": \"hi\", \"output\": \"x\"}, {\"instruction\": \"no\", \"output\": \"y\"}]");
  const std::string out = fresh("local");
  const auto command_into = [&](const std::string& dir) {
    return "winrate " + kModel + " " + other + " --instructions " + instructions + " --judge " + kModel +
           " --rubric " + rubric + " --out " + dir +
           " --set evaluate.sampling.max_new_tokens=8 --set judge.sampling.max_new_tokens=8";
  };
  const std::string command = command_into(out);
  const std::string printed = selfreward_prints(command);
  CAPTURE(printed);
  REQUIRE(fs::exists(out + "/winrate.json"));
  const Json pair = read_json(out + "/winrate.json").at("pairs")[0];
  CHECK(pair.at("a") == "tiny_llama");
  CHECK(pair.at("n").get<int>() + pair.at("missing").get<int>() == 1);
  CHECK(pair.at("only_a") == 1);
  CHECK(pair.at("only_b") == 1);
  const auto made = fs::last_write_time(out + "/comparisons/tiny_llama_vs_other.jsonl");
  selfreward_prints(command);
  CHECK(fs::last_write_time(out + "/comparisons/tiny_llama_vs_other.jsonl") == made);
  CHECK(contains(selfreward_prints(command + " --set evaluate.sampling.max_new_tokens=9"),
                 "evaluate.sampling.max_new_tokens was 8 and is 9"));
  CHECK(contains(selfreward_prints(command + " --weighted"), "weighted"));
  const std::string soft = fresh("local_weighted");
  selfreward_prints(command_into(soft) + " --weighted");
  const Json weighted = read_json(soft + "/winrate.json").at("pairs")[0];
  CHECK(weighted.at("n").get<int>() + weighted.at("missing").get<int>() == 1);
}

TEST_CASE("mt-bench of a tiny checkpoint: FastChat's files, and what has no rating is counted") {
  const std::string questions =
      written("question.jsonl",
              "{\"question_id\": 81, \"category\": \"writing\", \"turns\": [\"a\", \"b\"]}\n"
              "{\"question_id\": 111, \"category\": \"math\", \"turns\": [\"1\", \"2\"], \"reference\": "
              "[\"x\", \"y\"]}\n");
  const std::string out = fresh("mt");
  const std::string rubric =
      written("mt.yaml",
              "name: short\nfirst_turn: '{answer_1}'\nfirst_turn_reference: '{answer_1}'\n"
              "second_turn: '{answer_2}'\nsecond_turn_reference: '{answer_2}'\n"
              "rating_patterns: ['\\[\\[(\\d+)\\]\\]']\n");
  const std::string printed =
      selfreward_prints("mt-bench --model " + kModel + " --questions " + questions + " --judge " + kModel +
                        " --rubric " + rubric + " --out " + out);
  CAPTURE(printed);
  REQUIRE(fs::exists(out + "/mt_bench_tiny_llama.json"));
  const Json summary = read_json(out + "/mt_bench_tiny_llama.json");
  const auto lines = read_lines(out + "/model_judgment/tiny_llama_single.jsonl");
  CHECK(static_cast<int64_t>(lines.size()) ==
        summary.at("all").at("n").get<int64_t>() + summary.at("all").at("missing").get<int64_t>());
  CHECK(read_lines(out + "/model_answer/tiny_llama.jsonl").size() == 2);
  CHECK(contains(printed, "MT-Bench"));
}

TEST_CASE("one line says what is wrong") {
  const std::string two = model("m8", 8) + " " + model("m4", 4) + " --out " + fresh("wrong");
  CHECK(contains(selfreward_prints("winrate " + two), "exactly one judge is wanted"));
  CHECK(contains(selfreward_prints("winrate " + two + " --endpoint http://127.0.0.1:1/v1"),
                 "--judge-model is missing"));
  CHECK(contains(selfreward_prints("winrate " + kModel + " " + two + " --judge " + kModel),
                 "by --instructions"));
  CHECK(contains(selfreward_prints("winrate " + model("m8", 8) + " " + model("m8", 8) + " --judge " + kModel +
                                   " --out " + fresh("wrong")),
                 "two models are called 'm8'"));
  CHECK(contains(selfreward_prints(""), "--model is required"));
}
