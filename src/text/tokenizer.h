#pragma once
// Hugging Face's tokenizer.json with BPE (byte-level as in GPT-2, SmolLM, Llama 3; with byte fallback as
// in Llama 2): text <-> token ids, exactly as the `tokenizers` package.
//   const Tokenizer tokenizer = Tokenizer::load("M0");
//   const TokenIds ids = tokenizer.encode("Hello<|im_end|>");   // special tokens in the text are recognised
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"
#include "data/records.h"

namespace selfreward {

class Tokenizer {
 public:
  /// Reads `dir`/tokenizer.json. A part that is not supported is an error that names it; "truncation" and
  /// "padding" are not looked at.
  static Tokenizer load(const fs::path& dir);

  /// The ids of `text`, as tokenizers' encode(text, add_special_tokens=add_special). Never truncates.
  /// What is not UTF-8 counts as U+FFFD, as with Python's errors="replace". Threads may share a tokenizer.
  TokenIds encode(std::string_view text, bool add_special = false) const;
  /// The text of `ids`, always UTF-8 (a cut-off character is U+FFFD); tokens marked special are left out
  /// where `skip_special`. An unknown id is an error.
  std::string decode(const TokenIds& ids, bool skip_special = true) const;

  std::optional<int64_t> token_to_id(const std::string& token) const;
  /// The token as tokenizer.json spells it ("Ġhello"); an unknown id is an error.
  const std::string& id_to_token(int64_t id) const;
  bool is_special(int64_t id) const;
  /// One more than the largest id, added tokens included.
  int64_t vocab_size() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace selfreward
