#pragma once
// Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): the "model" of tokenizer.json.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "data/records.h"
#include "text/tokenizer/bpe_merges.h"
#include "text/tokenizer/json.h"
#include "text/tokenizer/word_cache.h"

namespace selfreward {

class Bpe {
 public:
  /// `byte_level`: the words to come are plain bytes that the vocabulary spells as to_byte_level().
  /// `control_ids`: tokens that no word as a whole may become, and that split_controls() takes apart.
  Bpe(const JsonPart& model, bool byte_level, const std::unordered_set<int64_t>& control_ids);

  /// Appends the tokens of a word of valid UTF-8.
  void append_tokens(std::string_view word, TokenIds& ids) const;
  /// Replaces control tokens that merging made, from `ids[from]` on, by the two tokens that were merged.
  void split_controls(TokenIds& ids, size_t from) const;
  const StringMap<int64_t>& vocabulary() const { return vocabulary_; }

 private:
  void read_vocabulary(const JsonPart& model);
  void read_merges(const JsonPart& model, const std::unordered_set<int64_t>& control_ids);
  void note_before_space(std::string_view token);
  void note_cuts();
  int64_t merged_id(const JsonPart& json, const std::string& token) const;
  std::optional<int64_t> find(std::string_view token) const;
  /// The characters of `word` as tokens: themselves, their bytes (byte_fallback), or the unknown token.
  TokenIds character_tokens(std::string_view word) const;
  bool append_bytes(std::string_view character, TokenIds& ids) const;
  bool is_cut(std::string_view word, size_t at) const;
  /// A word that is a token as a whole, where merges are ignored then.
  std::optional<int64_t> whole_token(std::string_view word) const;
  TokenIds tokens_of(const std::string& part) const;
  void append_part(std::string_view part, TokenIds& ids) const;

  StringMap<int64_t> vocabulary_;
  MergeTable merges_;
  std::unordered_map<int64_t, std::pair<int64_t, int64_t>> control_parts_;
  std::unordered_set<int64_t> control_ids_;
  std::array<std::optional<int64_t>, 256> byte_ids_;  // of <0x00> to <0xFF>
  std::unordered_set<char32_t> before_space_;         // characters that stand before "▁" in some token
  std::array<bool, 128> ascii_cut_ = {};              // whether a "▁" after this character is_cut
  std::optional<int64_t> unknown_;
  bool byte_level_, cuts_words_ = false;
  bool fuse_unknown_ = false, byte_fallback_ = false, ignore_merges_ = false;
  mutable WordCache cache_;
};

}  // namespace selfreward
