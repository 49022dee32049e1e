#pragma once
// How a text is cut before byte-level BPE: GGUF says it with a name that llama.cpp knows
// (tokenizer.ggml.pre), tokenizer.json with the rules themselves. One table for import and export.
#include <string>

#include "base/json.h"

namespace selfreward {

struct GgufPreTokenizer {
  const char* name;
  const char* pattern;       // of a Split in front of ByteLevel; nullptr: ByteLevel cuts by its own pattern
  bool digits = false;       // each digit alone, before ByteLevel cuts
  bool whole_words = false;  // a word that is a token is not merged (ignore_merges)
  bool adds_bos = false;     // where tokenizer.ggml.add_bos_token is absent
  bool composes = false;     // the normalizer is NFC; llama.cpp does not normalise
};

/// The one with this name, or nullptr. `known` for errors: "gpt-2, smollm, ...".
const GgufPreTokenizer* find_gguf_pre_tokenizer(const std::string& name);
std::string known_gguf_pre_tokenizers();

/// "pre_tokenizer" and "normalizer" of tokenizer.json.
Json pre_tokenizer_json(const GgufPreTokenizer& pre);
Json normalizer_json(const GgufPreTokenizer& pre);

/// The name for what this tokenizer.json does, or an error that says what llama.cpp has no name for.
const GgufPreTokenizer& gguf_pre_tokenizer_of(const LookupJson& tokenizer, const std::string& where);

}  // namespace selfreward
