#pragma once
// Hugging Face's tokenizer.json with BPE (byte-level as in GPT-2, Llama 3, Qwen, SmolLM, Phi-4, OLMo; with
// byte fallback as in Llama 2, Mistral, Gemma, Phi-3): text <-> token ids, exactly as the `tokenizers`
// package.
//   const Tokenizer tokenizer = Tokenizer::load("M0");
//   const TokenIds ids = tokenizer.encode("Hello<|im_end|>");               // with special tokens that it spells
//   const TokenIds safe = tokenizer.encode(text, false, {{0, text.size()}});  // without: users wrote it
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"
#include "data/records.h"
#include "text/tokenizer/added_tokens.h"

namespace selfreward {

class Tokenizer {
 public:
  /// Reads `dir`/tokenizer.json, with the tokens that the files beside it add (files.h). A part
  /// that is not supported is an error that names it; "truncation" and "padding" are not looked at. A
  /// directory that has another kind of file instead (tokenizer.model, ...) is an error that says how to
  /// convert it.
  static Tokenizer load(const fs::path& dir);

  /// The ids of `text`, as tokenizers' encode(text, add_special_tokens=add_special). Never truncates.
  /// What is not UTF-8 counts as U+FFFD, as with Python's errors="replace". Threads may share a tokenizer.
  TokenIds encode(std::string_view text, bool add_special = false) const;
  /// The same, but special tokens that reach into one of the byte ranges `plain` are text like any other: as
  /// if they had no entry in added_tokens; over a whole text this is tokenizers' encode with
  /// encode_special_tokens = True. Other added tokens stay tokens. Where no special token stands in
  /// the ranges the ids are those of encode(text).
  TokenIds encode(std::string_view text, bool add_special, const ByteRanges& plain) const;
  /// The text of `ids`, always UTF-8 (a cut-off character is U+FFFD); tokens marked special are left out
  /// where `skip_special`. An id that has no token (a padded row of a model's vocabulary) has no text.
  std::string decode(const TokenIds& ids, bool skip_special = true) const;

  std::optional<int64_t> token_to_id(const std::string& token) const;
  /// The token as tokenizer.json spells it ("Ġhello"); an unknown id is an error.
  const std::string& id_to_token(int64_t id) const;
  bool has_token(int64_t id) const;
  bool is_special(int64_t id) const;
  /// One more than the largest id, added tokens included.
  int64_t vocab_size() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace selfreward
