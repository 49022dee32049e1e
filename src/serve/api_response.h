#pragma once
// Pieces of answers -> the JSON of OpenAI's API, whole or as the chunks of a stream.
#include "serve/answer_plan.h"
#include "serve/reply.h"

namespace selfreward {

/// Tokens as the API spells them: their text; the vocabulary's own spelling where that is not UTF-8 by
/// itself (a part of a character).
class TokenNames {
 public:
  explicit TokenNames(const Tokenizer& tokenizer);
  std::string of(int64_t id) const;
  /// The bytes of the text; null where the token's text is not UTF-8 by itself.
  Json bytes_of(int64_t id) const;

 private:
  std::optional<std::string> text_of(int64_t id) const;

  const Tokenizer& tokenizer_;
  TokenIds anchor_;  // a token in front, so that a SentencePiece space is kept
  std::string anchor_text_;
};

class ResponseWriter {
 public:
  /// All must outlive it.
  ResponseWriter(const AnswerPlan& plan, const Tokenizer& tokenizer, std::string model);

  /// The answer as one object. Pieces of a choice are in order.
  Json response(const std::vector<Piece>& pieces);

  /// What a stream begins with.
  std::vector<Json> first_chunks() const;
  /// The piece as a chunk; nothing where it says nothing.
  std::optional<Json> chunk(const Piece& piece);
  /// With stream_options.include_usage: the last chunk.
  std::optional<Json> usage_chunk() const;

  int64_t new_tokens() const { return new_tokens_; }

 private:
  Json frame(const char* object) const;
  Json usage() const;
  Json logprobs(const std::vector<PlacedToken>& tokens) const;
  Json completion_logprobs(const std::vector<PlacedToken>& tokens) const;
  Json chat_token(const PlacedToken& token) const;
  Json top_of(const TokenScore& score) const;
  Json chat_chunk(int64_t choice, Json delta) const;

  const AnswerPlan& plan_;
  TokenNames names_;
  std::string model_, id_;
  int64_t created_, new_tokens_ = 0;
};

}  // namespace selfreward
