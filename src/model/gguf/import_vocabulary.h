#pragma once
// The token list of a GGUF file, checked, and its merges.
#include <string>
#include <vector>

#include "model/gguf/file.h"
#include "model/gguf/pre_tokenizers.h"
#include "model/gguf/sentencepiece.h"

namespace selfreward {

struct GgufVocabulary {
  std::vector<std::string> tokens;
  std::vector<GgufTokenType> types;
  bool sentencepiece = false;
  const GgufPreTokenizer* pre = nullptr;  // of byte-level BPE
};

/// As many tokens as `size`, all different; another kind of tokenizer is an error that names it.
GgufVocabulary read_gguf_vocabulary(const GgufFile& file, size_t size);

/// Whether this is a row of the embedding without a token: llama.cpp's converter fills the list with such
/// names.
bool is_gguf_filler(const GgufVocabulary& vocabulary, size_t id);

/// "merges" of tokenizer.json, out of merges or scores.
Json gguf_merges_json(const GgufFile& file, const GgufVocabulary& vocabulary);

}  // namespace selfreward
