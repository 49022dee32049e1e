#include "playground/bpe_trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace selfreward::playground;

TEST_CASE("every byte has a printable symbol") {
  CHECK(byte_level(" write") == "\xc4\xa0write");  // G with a dot above, as in GPT-2
  CHECK(byte_level("\n") == "\xc4\x8a");
  CHECK(byte_level("\xc3\xa9") == "\xc3\x83\xc2\xa9");
  const auto vocabulary = train_bpe({}).vocabulary;
  CHECK(vocabulary.size() == 256);
  CHECK(std::set<std::string>(vocabulary.begin(), vocabulary.end()).size() == 256);
}

TEST_CASE("training ends when every word is one token") {
  const auto vocabulary = train_bpe({"list of tasks : Score: 4", " no repeats , 5 letters"}).vocabulary;
  for (const char* word :
       {"list", " of", " tasks", " :", " Score", ":", " 4", " no", " repeats", " ,", " 5", " letters"})
    CHECK_MESSAGE(std::count(vocabulary.begin(), vocabulary.end(), byte_level(word)) == 1, word);
}

TEST_CASE("merges equal those of the tokenizers package") {
  // tokenizers 0.23.3: BpeTrainer(vocab_size=1000, initial_alphabet=sorted(ByteLevel.alphabet())),
  // pre-tokenizer ByteLevel(add_prefix_space=False, use_regex=True), on this one text.
  const auto merges = train_bpe({"low low low lower lowest new newer newest wide wider"}).merges;
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"l", "o"},     {"lo", "w"},     {"Ġ", "low"},   {"e", "r"},      {"e", "w"},    {"n", "ew"},
      {"Ġ", "new"},   {"e", "s"},      {"i", "d"},     {"w", "id"},     {"Ġ", "wid"},  {"es", "t"},
      {"Ġlow", "er"}, {"Ġlow", "est"}, {"Ġnew", "er"}, {"Ġnew", "est"}, {"Ġwid", "e"}, {"Ġwid", "er"}};
  CHECK(merges == expected);
}
