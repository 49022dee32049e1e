#pragma once
// tokenizer.json as llama.cpp has it: a list of all tokens with their types, and the merges.
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/gguf/sentencepiece.h"

namespace selfreward {

/// tokenizer.json with all added tokens, and the special tokens that have a name.
struct TokenizerSource {
  LookupJson json;
  std::map<std::string, std::string> named;
  std::string where;  // for errors
  bool sentencepiece = false;
};

struct TokenList {
  std::vector<std::string> tokens;
  std::vector<GgufTokenType> types;
};

/// A token for each id below `size`; ids without one get the name that llama.cpp's converter gives them.
/// Added tokens that llama.cpp would find otherwise are an error; `phi3`: it strips spaces behind them.
TokenList read_token_list(const TokenizerSource& source, bool phi3, size_t size);

/// "a b" of older files and ["a", "b"] of newer ones.
TokenMerges read_token_merges(const TokenizerSource& source);

}  // namespace selfreward
