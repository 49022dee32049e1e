#pragma once
// SentencePiece BPE: GGUF keeps a score for each token (a pair is joined where the result has the highest
// score), tokenizer.json an ordered list of merges. Each can be made of the other.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace selfreward {

// llama_token_type of llama.cpp
enum class GgufTokenType : int32_t { normal = 1, unknown, control, user_defined, unused, byte };

using TokenMerges = std::vector<std::pair<std::string, std::string>>;

/// All pairs of normal tokens that join to a normal token: the higher score first; of equal ones the longer
/// left part, then the longer right part, then the earlier token (transformers' order).
TokenMerges merges_of_scores(const std::vector<std::string>& tokens, const std::vector<GgufTokenType>& types,
                             const std::vector<float>& scores);

/// Scores under which llama.cpp joins in the order of `merges`: 0, -1, -2, ... for their results, below all
/// of them for the other normal tokens, 0 for the rest. Merges that no scores can express (a pair is missing,
/// or those of two tokens are mixed) are an error.
std::vector<float> scores_of_merges(const std::vector<std::string>& tokens,
                                    const std::vector<GgufTokenType>& types, const TokenMerges& merges,
                                    const std::string& where);

/// "▁", which stands for a space.
inline constexpr const char* kSpacePiece = "\xe2\x96\x81";

/// Whether llama.cpp strips the spaces behind this special token of a Phi-3 model (general.name says Phi-3).
bool phi3_strips_right(const std::string& token);

/// Bytes where characters of valid UTF-8 begin, without 0.
std::vector<size_t> inner_characters(const std::string& text);

}  // namespace selfreward
