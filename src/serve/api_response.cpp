#include "serve/api_response.h"

#include <ctime>
#include <iomanip>
#include <random>

#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

std::string random_id(const std::string& prefix) {
  std::random_device device;
  std::ostringstream out;
  out << prefix << std::hex << std::setfill('0');
  for (int i = 0; i < 3; ++i) out << std::setw(8) << device();
  return out.str();
}

Json finish_of(const Piece& piece) {
  return piece.finish ? Json(to_string(*piece.finish)) : Json();
}

/// One piece for each choice.
std::vector<Piece> joined(const std::vector<Piece>& pieces, int64_t num_choices) {
  std::vector<Piece> choices(static_cast<size_t>(num_choices));
  for (const Piece& piece : pieces) {
    Piece& choice = choices.at(static_cast<size_t>(piece.choice));
    choice.text += piece.text;
    choice.tokens.insert(choice.tokens.end(), piece.tokens.begin(), piece.tokens.end());
    choice.new_tokens += piece.new_tokens;
    if (piece.finish) choice.finish = piece.finish;
  }
  for (int64_t i = 0; i < num_choices; ++i) choices[static_cast<size_t>(i)].choice = i;
  return choices;
}

}  // namespace

TokenNames::TokenNames(const Tokenizer& tokenizer)
    : tokenizer_(tokenizer), anchor_(tokenizer.encode("a")), anchor_text_(tokenizer.decode(anchor_)) {}

std::optional<std::string> TokenNames::text_of(int64_t id) const {
  if (tokenizer_.is_special(id)) return tokenizer_.id_to_token(id);
  TokenIds ids = anchor_;
  ids.push_back(id);
  std::string text = tokenizer_.decode(ids).substr(anchor_text_.size());
  if (text.find(kReplacementCharacter) != std::string::npos) return std::nullopt;
  return text;
}

std::string TokenNames::of(int64_t id) const {
  const auto text = text_of(id);
  return text ? *text : tokenizer_.id_to_token(id);
}

Json TokenNames::bytes_of(int64_t id) const {
  const auto text = text_of(id);
  if (!text) return nullptr;
  Json bytes = Json::array();
  for (const char c : *text) bytes.push_back(static_cast<int>(static_cast<unsigned char>(c)));
  return bytes;
}

ResponseWriter::ResponseWriter(const AnswerPlan& plan, const Tokenizer& tokenizer, std::string model)
    : plan_(plan),
      names_(tokenizer),
      model_(std::move(model)),
      id_(random_id(plan.request.chat ? "chatcmpl-" : "cmpl-")),
      created_(std::time(nullptr)) {}

Json ResponseWriter::frame(const char* object) const {
  return {{"id", id_}, {"object", object}, {"created", created_}, {"model", model_}};
}

Json ResponseWriter::usage() const {
  const int64_t prompt = plan_.prompt_tokens();
  return {
      {"prompt_tokens", prompt}, {"completion_tokens", new_tokens_}, {"total_tokens", prompt + new_tokens_}};
}

/// The most probable tokens and the token itself, by name; of two with one name the more probable.
Json ResponseWriter::top_of(const TokenScore& score) const {
  Json top = Json::object();
  for (const auto& [id, log_prob] : score.top)
    if (const std::string name = names_.of(id); !top.contains(name)) top[name] = log_prob;
  if (const std::string name = names_.of(score.id); !top.contains(name)) top[name] = score.log_prob;
  return top;
}

Json ResponseWriter::completion_logprobs(const std::vector<PlacedToken>& tokens) const {
  Json out = {{"text_offset", Json::array()},
              {"token_logprobs", Json::array()},
              {"tokens", Json::array()},
              {"top_logprobs", Json::array()}};
  for (const PlacedToken& token : tokens) {
    out["text_offset"].push_back(token.offset);
    out["tokens"].push_back(names_.of(token.id));
    out["token_logprobs"].push_back(token.score ? Json(token.score->log_prob) : Json());
    out["top_logprobs"].push_back(token.score ? top_of(*token.score) : Json());
  }
  return out;
}

Json ResponseWriter::chat_token(const PlacedToken& token) const {
  const auto entry = [&](int64_t id, double log_prob) -> Json {
    return {{"token", names_.of(id)}, {"logprob", log_prob}, {"bytes", names_.bytes_of(id)}};
  };
  Json out = entry(token.id, token.score->log_prob);
  out["top_logprobs"] = Json::array();
  for (const auto& [id, log_prob] : token.score->top) out["top_logprobs"].push_back(entry(id, log_prob));
  return out;
}

Json ResponseWriter::logprobs(const std::vector<PlacedToken>& tokens) const {
  if (!plan_.request.top_logprobs) return nullptr;
  if (!plan_.request.chat) return completion_logprobs(tokens);
  Json content = Json::array();
  for (const PlacedToken& token : tokens) content.push_back(chat_token(token));
  return {{"content", content}, {"refusal", nullptr}};
}

Json ResponseWriter::response(const std::vector<Piece>& pieces) {
  const bool chat = plan_.request.chat;
  Json out = frame(chat ? "chat.completion" : "text_completion");
  out["choices"] = Json::array();
  for (const Piece& choice : joined(pieces, plan_.num_choices())) {
    new_tokens_ += choice.new_tokens;
    Json entry = {{"index", choice.choice}};
    if (chat)
      entry["message"] = {{"role", "assistant"}, {"content", choice.text}, {"refusal", nullptr}};
    else
      entry["text"] = choice.text;
    entry["logprobs"] = logprobs(choice.tokens);
    entry["finish_reason"] = finish_of(choice);
    out["choices"].push_back(entry);
  }
  out["usage"] = usage();
  return out;
}

Json ResponseWriter::chat_chunk(int64_t choice, Json delta) const {
  Json out = frame("chat.completion.chunk");
  out["choices"] = {
      {{"index", choice}, {"delta", std::move(delta)}, {"logprobs", nullptr}, {"finish_reason", nullptr}}};
  if (plan_.request.include_usage) out["usage"] = nullptr;
  return out;
}

std::vector<Json> ResponseWriter::first_chunks() const {
  std::vector<Json> chunks;
  if (!plan_.request.chat) return chunks;
  for (int64_t choice = 0; choice < plan_.num_choices(); ++choice)
    chunks.push_back(chat_chunk(choice, {{"role", "assistant"}, {"content", ""}}));
  return chunks;
}

std::optional<Json> ResponseWriter::chunk(const Piece& piece) {
  new_tokens_ += piece.new_tokens;
  if (piece.text.empty() && piece.tokens.empty() && !piece.finish) return std::nullopt;
  Json out;
  if (plan_.request.chat) {
    out = chat_chunk(piece.choice, piece.text.empty() ? Json::object() : Json{{"content", piece.text}});
  } else {
    out = frame("text_completion");
    out["choices"] = {{{"index", piece.choice}, {"text", piece.text}}};
    if (plan_.request.include_usage) out["usage"] = nullptr;
  }
  Json& choice = out["choices"][0];
  choice["logprobs"] = piece.tokens.empty() ? Json() : logprobs(piece.tokens);
  choice["finish_reason"] = finish_of(piece);
  return out;
}

std::optional<Json> ResponseWriter::usage_chunk() const {
  if (!plan_.request.include_usage) return std::nullopt;
  Json out = frame(plan_.request.chat ? "chat.completion.chunk" : "text_completion");
  out["choices"] = Json::array();
  out["usage"] = usage();
  return out;
}

}  // namespace selfreward
