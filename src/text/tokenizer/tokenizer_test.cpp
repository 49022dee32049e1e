#include "text/tokenizer/tokenizer.h"

#include <doctest/doctest.h>

#include <thread>

#include "base/json.h"

using namespace selfreward;

namespace {

const fs::path kFixtures = fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/tokenizer";
const fs::path kShared = fs::path(SELFREWARD_SOURCE_DIR) / "../shared/data";

// Ids and texts of the `tokenizers` package: tests/golden/make_tokenizer_golden.py, versions under "made_by".
const Json& golden() {
  static const Json instance = read_json(kFixtures / "golden.json");
  return instance;
}

bool shared_data_is_there() {
  if (fs::exists(kShared / "tokenizers")) return true;
  MESSAGE("skipped: ../shared/data/tokenizers is absent");
  return false;
}

}  // namespace

TEST_CASE("ids of difficult strings are those of the tokenizers package") {
  for (const auto& [name, expected] : golden()["tokenizers"].items()) {
    const Tokenizer tokenizer = Tokenizer::load(kFixtures / name);
    for (size_t i = 0; i < golden()["strings"].size(); ++i) {
      const std::string text = golden()["strings"][i];
      CAPTURE(name);
      CAPTURE(text);
      const TokenIds ids = tokenizer.encode(text);
      CHECK(ids == expected["ids"][i].get<TokenIds>());
      const Json& back = expected["round_trip"][i];
      CHECK(tokenizer.decode(ids, /*skip_special=*/false) ==
            (back.is_null() ? text : back.get<std::string>()));
    }
    CHECK(tokenizer.encode("Hi there", /*add_special=*/true) == expected["with_special"].get<TokenIds>());
  }
}

TEST_CASE("texts of random ids are those of the tokenizers package, with and without special tokens") {
  for (const auto& [name, expected] : golden()["tokenizers"].items()) {
    const Tokenizer tokenizer = Tokenizer::load(kFixtures / name);
    for (size_t i = 0; i < expected["random_ids"].size(); ++i) {
      const auto ids = expected["random_ids"][i].get<TokenIds>();
      CAPTURE(name);
      CHECK(tokenizer.decode(ids, /*skip_special=*/false) == expected["decoded"][i].get<std::string>());
      CHECK(tokenizer.decode(ids, /*skip_special=*/true) ==
            expected["decoded_skipping"][i].get<std::string>());
    }
  }
}

TEST_CASE("bytes that are not UTF-8 are encoded as U+FFFD, so that none is lost unseen") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "smollm_style");
  for (const std::string text : {"\xff", "a\xc3", "\xf0\x9f\x99 b", "\x80<|end|>\x80"})
    CHECK(tokenizer.decode(tokenizer.encode(text), false).find("\xEF\xBF\xBD") != std::string::npos);
  CHECK(tokenizer.encode("a\xff") == tokenizer.encode("a\xEF\xBF\xBD"));
  CHECK(tokenizer.encode("\xe2\x82<|end|>").back() == *tokenizer.token_to_id("<|end|>"));
  CHECK(tokenizer.encode(std::string("a\0b", 3)).size() == 3);
}

TEST_CASE("published tokenizers give the published ids") {
  if (!shared_data_is_there()) return;
  // encoded.json and multilingual.json of ../shared/data (huggingface/swift-transformers;
  // transformers 4.57.1).
  for (const std::string name : {"gpt2", "llama2"}) {
    const fs::path dir = kShared / "tokenizers" / name;
    const Tokenizer tokenizer = Tokenizer::load(dir);
    const Json encoded = read_json(dir / "encoded.json");
    const TokenIds ids = tokenizer.encode(encoded["text"].get<std::string>(), /*add_special=*/true);
    CHECK(ids == encoded["token_ids"].get<TokenIds>());
    CHECK(tokenizer.decode(ids, /*skip_special=*/false) == encoded["decoded_text"].get<std::string>());
    const Json entries = read_json(dir / "multilingual.json")["entries"];
    CHECK(entries.size() == 30);
    for (const auto& [key, entry] : entries.items()) {
      CAPTURE(name);
      CAPTURE(key);
      const auto wanted = entry["input_ids"].get<TokenIds>();
      const auto text = entry["decoded_skip_special"].get<std::string>();
      CHECK(tokenizer.encode(text, /*add_special=*/true) == wanted);
      CHECK(tokenizer.decode(wanted, /*skip_special=*/true) == text);
      CHECK(tokenizer.decode(wanted, /*skip_special=*/false) ==
            entry["decoded_with_special"].get<std::string>());
    }
  }
}

TEST_CASE("every text of the multilingual inputs survives encoding and decoding") {
  if (!shared_data_is_there()) return;
  const Json inputs = read_json(kShared / "tokenizers/multilingual_inputs.json");
  for (const char* name :
       {"tokenizers/gpt2", "tokenizers/llama2", "tokenizers/minimind", "models/stories260K"}) {
    const Tokenizer tokenizer = Tokenizer::load(kShared / name);
    for (const Json& input : inputs) {
      const auto text = input["text"].get<std::string>();
      CHECK(tokenizer.decode(tokenizer.encode(text, /*add_special=*/true)) == text);
    }
  }
}

TEST_CASE("a copy shares the tokenizer, and threads may use it together") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "gpt2_style");
  const auto strings = golden()["strings"].get<std::vector<std::string>>();
  std::vector<size_t> counts(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < counts.size(); ++t)
    threads.emplace_back([tokenizer, &strings, &count = counts[t]] {
      for (const std::string& text : strings) count += tokenizer.encode(text).size();
    });
  for (std::thread& thread : threads) thread.join();
  size_t expected = 0;
  for (const Json& ids : golden()["tokenizers"]["gpt2_style"]["ids"]) expected += ids.size();
  for (const size_t count : counts) CHECK(count == expected);
}
