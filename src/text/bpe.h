#pragma once
// Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): the "model" of tokenizer.json.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "data/records.h"
#include "text/tokenizer_json.h"
#include "text/word_cache.h"

namespace selfreward {

class Bpe {
 public:
  explicit Bpe(const JsonPart& model);

  /// Appends the tokens of a word of valid UTF-8.
  void append_tokens(std::string_view word, TokenIds& ids) const;
  const StringMap<int64_t>& vocabulary() const { return vocabulary_; }

 private:
  struct Merge {
    int64_t rank = 0, id = 0;  // lower ranks first
  };
  struct Word;

  void read_vocabulary(const JsonPart& model);
  void read_merges(const JsonPart& model);
  void add_merge(const JsonPart& json, int64_t rank);
  void note_before_space(std::string_view token);
  std::optional<int64_t> find(std::string_view token) const;
  const Merge* find_merge(int64_t left, int64_t right) const;
  /// The characters of `word` as tokens: themselves, their bytes (byte_fallback), or the unknown token.
  TokenIds character_tokens(std::string_view word) const;
  std::optional<TokenIds> byte_tokens(std::string_view character) const;
  TokenIds merged_tokens(std::string_view word) const;
  bool is_cut(std::string_view word, size_t at) const;
  void append_part(std::string_view part, TokenIds& ids) const;

  StringMap<int64_t> vocabulary_;
  std::unordered_map<uint64_t, Merge> merges_;  // by both ids
  std::unordered_set<char32_t> before_space_;   // characters that stand before "▁" in some token
  std::optional<int64_t> unknown_;
  bool fuse_unknown_ = false, byte_fallback_ = false, ignore_merges_ = false;
  mutable WordCache cache_;
};

}  // namespace selfreward
