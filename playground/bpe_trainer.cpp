#include "playground/bpe_trainer.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/regex.h"

namespace selfreward::playground {
namespace {

using Pair = std::pair<size_t, size_t>;  // places in the vocabulary

/// A piece of the pre-tokenizer, split into the symbols reached so far.
struct Word {
  std::vector<size_t> symbols;
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

std::map<std::string, size_t> count_pieces(const std::vector<std::string>& texts) {
  const Regex pattern(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)");
  std::map<std::string, size_t> counts;
  for (const std::string& text : texts)
    for (const auto& match : pattern.find_all(text)) ++counts[std::string(match[0].in(text))];
  return counts;
}

/// `piece` as the places of its bytes' symbols in the vocabulary.
std::vector<size_t> places_of(const std::string& piece, const std::vector<std::string>& vocabulary) {
  std::vector<size_t> places;
  for (const char c : piece) {
    const std::string& symbol = symbols_of_bytes()[static_cast<unsigned char>(c)];
    places.push_back(
        static_cast<size_t>(std::find(vocabulary.begin(), vocabulary.end(), symbol) - vocabulary.begin()));
  }
  return places;
}

/// How often each pair of neighbours occurs; empty when every word is one symbol.
std::map<Pair, size_t> count_pairs(const std::vector<Word>& words) {
  std::map<Pair, size_t> pairs;
  for (const Word& word : words)
    for (size_t i = 0; i + 1 < word.symbols.size(); ++i)
      pairs[{word.symbols[i], word.symbols[i + 1]}] += word.count;
  return pairs;
}

void merge(Word& word, const Pair& pair, size_t merged) {
  std::vector<size_t> symbols;
  for (size_t i = 0; i < word.symbols.size(); ++i) {
    const bool here = i + 1 < word.symbols.size() && Pair{word.symbols[i], word.symbols[i + 1]} == pair;
    symbols.push_back(here ? merged : word.symbols[i]);
    i += here;
  }
  word.symbols = std::move(symbols);
}

}  // namespace

Bpe train_bpe(const std::vector<std::string>& texts) {
  Bpe bpe;
  bpe.vocabulary.assign(symbols_of_bytes().begin(), symbols_of_bytes().end());
  std::sort(bpe.vocabulary.begin(), bpe.vocabulary.end());
  std::vector<Word> words;
  for (const auto& [piece, count] : count_pieces(texts))
    words.push_back({places_of(piece, bpe.vocabulary), count});
  for (auto pairs = count_pairs(words); !pairs.empty(); pairs = count_pairs(words)) {
    const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
    const Pair best = std::max_element(pairs.begin(), pairs.end(), fewer)->first;
    for (Word& word : words) merge(word, best, bpe.vocabulary.size());
    bpe.merges.push_back({bpe.vocabulary[best.first], bpe.vocabulary[best.second]});
    bpe.vocabulary.push_back(bpe.merges.back().first + bpe.merges.back().second);
  }
  return bpe;
}

std::string byte_level(std::string_view text) {
  std::string out;
  for (const char c : text) out += symbols_of_bytes()[static_cast<unsigned char>(c)];
  return out;
}

}  // namespace selfreward::playground
