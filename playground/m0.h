#pragma once
// The checkpoint directory of M0 without its weights: a Hugging Face Llama of 0.37 M parameters, its
// tokenizer (a token per word and letter of the world) and its chat template.
#include "base/files.h"
#include "base/json.h"

namespace selfreward::playground {

/// The whole tokenizer.json: byte-level BPE, any text can be encoded. Special tokens: <|endoftext|> 0,
/// <|user|> 1, <|assistant|> 2, <|end|> 3.
Json make_tokenizer();
/// tokenizer_config.json. The template renders "<|user|> CONTENT<|end|><|assistant|> CONTENT<|end|>" and asks
/// for an answer with "<|assistant|>": the space before a content belongs to its first token, as inside a
/// text.
Json make_tokenizer_config();
/// config.json: 3 layers, hidden 96, 4 heads, MLP 264, tied embeddings, 512 positions, float32.
Json make_model_config(size_t vocab_size);
Json make_generation_config();

/// Writes tokenizer.json, tokenizer_config.json, config.json and generation_config.json into `dir`.
void write_m0_skeleton(const fs::path& dir);

}  // namespace selfreward::playground
