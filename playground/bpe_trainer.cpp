#include "playground/bpe_trainer.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/regex.h"

namespace selfreward::playground {
namespace {

using Pair = std::pair<std::string, std::string>;

/// A piece of the pre-tokenizer, split into the symbols reached so far.
struct Word {
  std::vector<std::string> symbols;
  size_t count = 0;
};

/// A code point below U+0800 as UTF-8.
std::string utf8(unsigned code) {
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// GPT-2's printable stand-ins: a visible Latin-1 byte is itself, the others follow from U+0100 on.
std::array<std::string, 256> make_symbols() {
  std::array<std::string, 256> symbols;
  unsigned hidden = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    symbols[byte] = utf8(visible ? byte : 0x100 + hidden++);
  }
  return symbols;
}

const std::array<std::string, 256>& symbols_of_bytes() {
  static const std::array<std::string, 256> kSymbols = make_symbols();
  return kSymbols;
}

std::vector<std::string> symbols_of(std::string_view text) {
  std::vector<std::string> symbols;
  for (const char c : text) symbols.push_back(symbols_of_bytes()[static_cast<unsigned char>(c)]);
  return symbols;
}

std::vector<Word> count_words(const std::vector<std::string>& texts) {
  const Regex pattern(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)");
  std::map<std::string, size_t> counts;
  for (const std::string& text : texts)
    for (const auto& match : pattern.find_all(text)) ++counts[std::string(match[0].in(text))];
  std::vector<Word> words;
  for (const auto& [text, count] : counts) words.push_back({symbols_of(text), count});
  return words;
}

/// How often each pair of neighbours occurs; empty when every word is one symbol.
std::map<Pair, size_t> count_pairs(const std::vector<Word>& words) {
  std::map<Pair, size_t> pairs;
  for (const Word& word : words)
    for (size_t i = 0; i + 1 < word.symbols.size(); ++i)
      pairs[{word.symbols[i], word.symbols[i + 1]}] += word.count;
  return pairs;
}

void merge(Word& word, const Pair& pair) {
  std::vector<std::string> merged;
  for (size_t i = 0; i < word.symbols.size(); ++i) {
    const bool here =
        i + 1 < word.symbols.size() && word.symbols[i] == pair.first && word.symbols[i + 1] == pair.second;
    merged.push_back(here ? pair.first + pair.second : word.symbols[i]);
    i += here;
  }
  word.symbols = std::move(merged);
}

}  // namespace

Bpe train_bpe(const std::vector<std::string>& texts) {
  Bpe bpe;
  bpe.vocabulary.assign(symbols_of_bytes().begin(), symbols_of_bytes().end());
  std::vector<Word> words = count_words(texts);
  for (auto pairs = count_pairs(words); !pairs.empty(); pairs = count_pairs(words)) {
    const Pair best = std::max_element(pairs.begin(), pairs.end(), [](auto& a, auto& b) {
                        return a.second < b.second;
                      })->first;
    for (Word& word : words) merge(word, best);
    bpe.merges.push_back(best);
    bpe.vocabulary.push_back(best.first + best.second);
  }
  return bpe;
}

std::string byte_level(std::string_view text) {
  std::string out;
  for (const std::string& symbol : symbols_of(text)) out += symbol;
  return out;
}

}  // namespace selfreward::playground
