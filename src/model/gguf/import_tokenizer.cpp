// tokenizer.json (the `tokenizers` package) out of GGUF's token list and merges or scores.
#include <algorithm>
#include <cctype>

#include "model/gguf/import.h"
#include "model/gguf/import_metadata.h"
#include "model/gguf/import_vocabulary.h"

namespace selfreward {
namespace {

constexpr std::pair<const char*, const char*> kSpecialTokens[] = {
    {"bos_token", "tokenizer.ggml.bos_token_id"},
    {"eos_token", "tokenizer.ggml.eos_token_id"},
    {"unk_token", "tokenizer.ggml.unknown_token_id"},
    {"pad_token", "tokenizer.ggml.padding_token_id"}};

/// Control and user-defined tokens, and SentencePiece's unknown one: found in a text before it is cut.
bool is_added(const GgufVocabulary& vocabulary, size_t id) {
  const GgufTokenType type = vocabulary.types[id];
  return type == GgufTokenType::control || type == GgufTokenType::user_defined ||
         (vocabulary.sentencepiece && type == GgufTokenType::unknown);
}

/// llama.cpp knows by a model's name that the special tokens of Phi-3 strip the spaces behind them.
bool is_phi3(const GgufFile& file) {
  std::string name = gguf_string(file, "general.name").value_or("");
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.find("phi-3") != std::string::npos || name.find("phi3") != std::string::npos;
}

/// id -> added token, in the order of ids.
std::vector<std::pair<size_t, Json>> added_tokens(const GgufFile& file, const GgufVocabulary& vocabulary) {
  const bool phi3 = is_phi3(file);
  std::vector<std::pair<size_t, Json>> added;
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (!is_added(vocabulary, id)) continue;
    const std::string& content = vocabulary.tokens[id];
    const bool spaces = vocabulary.sentencepiece && content.find(kSpacePiece) != std::string::npos;
    added.emplace_back(id, Json{{"content", content},
                                {"single_word", false},
                                {"lstrip", false},
                                {"rstrip", phi3 && phi3_strips_right(content)},
                                {"normalized", spaces},
                                {"special", vocabulary.types[id] != GgufTokenType::user_defined}});
  }
  return added;
}

bool adds_bos(const GgufFile& file, const GgufVocabulary& vocabulary) {
  const bool by_default = vocabulary.sentencepiece || vocabulary.pre->adds_bos;  // as llama.cpp has it
  return gguf_bool(file, "tokenizer.ggml.add_bos_token").value_or(by_default);
}

/// <bos> text <eos>, as far as the file asks for them; null where it asks for neither.
Json post_processor(const GgufFile& file, const GgufVocabulary& vocabulary) {
  Json single = Json::array(), pair = Json::array(), special = Json::object();
  const auto add = [&](const char* key) {
    const auto id = gguf_integer(file, key);
    if (!id) return;
    const std::string& token = vocabulary.tokens[static_cast<size_t>(*id)];
    single.push_back({{"SpecialToken", {{"id", token}, {"type_id", 0}}}});
    special[token] = {{"id", token}, {"ids", Json::array({*id})}, {"tokens", Json::array({token})}};
  };
  if (adds_bos(file, vocabulary)) add("tokenizer.ggml.bos_token_id");
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (gguf_bool(file, "tokenizer.ggml.add_eos_token").value_or(false)) add("tokenizer.ggml.eos_token_id");
  if (special.empty()) return nullptr;
  pair = single;
  for (Json piece : single) {
    Json& value = piece.begin().value();
    value["type_id"] = 1;
    if (piece.contains("Sequence")) value["id"] = "B";
    pair.push_back(piece);
  }
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
}

Json vocabulary_json(const GgufVocabulary& vocabulary) {
  Json::object_t ids;
  ids.reserve(vocabulary.tokens.size());
  // The vector below ordered_map takes pairs without a search; the tokens are known to differ.
  auto& pairs = static_cast<Json::object_t::Container&>(ids);
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id)
    if (!is_gguf_filler(vocabulary, id)) pairs.emplace_back(vocabulary.tokens[id], id);
  return ids;
}

Json bpe(const GgufFile& file, const GgufVocabulary& vocabulary) {
  const auto& types = vocabulary.types;
  const auto unknown = std::find(types.begin(), types.end(), GgufTokenType::unknown);
  const bool pieces = vocabulary.sentencepiece;
  const bool has_unknown = pieces && unknown != types.end();
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token",
           has_unknown ? Json(vocabulary.tokens[static_cast<size_t>(unknown - types.begin())]) : Json()},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", pieces},
          {"byte_fallback", pieces},
          {"ignore_merges", !pieces && vocabulary.pre->whole_words},
          {"vocab", vocabulary_json(vocabulary)},
          {"merges", gguf_merges_json(file, vocabulary)}};
}

Json replace(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

/// Normalizer and decoder of SentencePiece: spaces are written as "▁", and one may stand before a text.
std::pair<Json, Json> sentencepiece_rules(const GgufFile& file) {
  const bool prefix = gguf_bool(file, "tokenizer.ggml.add_space_prefix").value_or(true);
  if (gguf_bool(file, "tokenizer.ggml.remove_extra_whitespaces").value_or(false))
    refuse_gguf_value(file, "tokenizer.ggml.remove_extra_whitespaces", "false (nothing else is supported)");
  const Json to_piece = replace(" ", kSpacePiece), prepend = {{"type", "Prepend"}, {"prepend", kSpacePiece}};
  Json decoders = Json::array({replace(kSpacePiece, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}});
  if (prefix) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  const Json both = {{"type", "Sequence"}, {"normalizers", Json::array({prepend, to_piece})}};
  return {prefix ? both : to_piece, {{"type", "Sequence"}, {"decoders", decoders}}};
}

/// As Hugging Face's own files have it; add_prefix_space says nothing to a decoder.
Json byte_level_decoder() {
  return {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
}

Json tokenizer_json(const GgufFile& file, const GgufVocabulary& vocabulary) {
  Json added = Json::array();
  for (const auto& [id, token] : added_tokens(file, vocabulary)) {
    added.push_back({{"id", id}});
    added.back().update(token);
  }
  const auto [normalizer, decoder] = vocabulary.sentencepiece
                                         ? sentencepiece_rules(file)
                                         : std::pair(normalizer_json(*vocabulary.pre), byte_level_decoder());
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", normalizer},
          {"pre_tokenizer", vocabulary.sentencepiece ? Json() : pre_tokenizer_json(*vocabulary.pre)},
          {"post_processor", post_processor(file, vocabulary)},
          {"decoder", decoder},
          {"model", bpe(file, vocabulary)}};
}

/// The chat template, or a list where others with a name are beside it.
Json chat_template_json(const GgufFile& file) {
  const auto usual = gguf_string(file, "tokenizer.chat_template");
  const Json names = gguf_value(file, "tokenizer.chat_templates");
  if (names.is_null()) return usual ? Json{{"chat_template", *usual}} : Json::object();
  Json list = Json::array();
  if (usual) list.push_back({{"name", "default"}, {"template", *usual}});
  for (const Json& name : names) {
    const std::string key = "tokenizer.chat_template." + (name.is_string() ? name.get<std::string>() : "");
    const auto source = gguf_string(file, key);
    if (!source) refuse_gguf_value(file, key, "the template that tokenizer.chat_templates names");
    list.push_back({{"name", name}, {"template", *source}});
  }
  return {{"chat_template", list}};
}

Json tokenizer_config_json(const GgufFile& file, const Json& config, const GgufVocabulary& vocabulary) {
  Json decoder = Json::object();
  for (const auto& [id, token] : added_tokens(file, vocabulary)) decoder[std::to_string(id)] = token;
  Json json = {{"add_prefix_space", false}, {"added_tokens_decoder", decoder}};
  for (const auto& [name, gguf_name] : kSpecialTokens) {
    const auto id = gguf_integer(file, gguf_name);
    if (!id) continue;
    if (*id < 0 || *id >= config["vocab_size"]) refuse_gguf_value(file, gguf_name, "the id of a token");
    json[name] = vocabulary.tokens[static_cast<size_t>(*id)];
  }
  json.update(chat_template_json(file));
  json["clean_up_tokenization_spaces"] = false;
  json["model_max_length"] = config["max_position_embeddings"];
  json["tokenizer_class"] = "PreTrainedTokenizerFast";
  return json;
}

std::string to_text(const Json& json, const GgufFile& file) {
  try {
    return json.dump(2) + "\n";
  } catch (const nlohmann::json::exception&) {
    fail("[gguf] ", file.path, ": a token or the chat template is not valid UTF-8; a damaged file?");
  }
}

}  // namespace

SideFiles gguf_tokenizer_files(const GgufFile& file, const Json& config) {
  const GgufVocabulary vocabulary = read_gguf_vocabulary(file, config["vocab_size"].get<size_t>());
  const Json settings = tokenizer_config_json(file, config, vocabulary);
  return {{"tokenizer.json", to_text(tokenizer_json(file, vocabulary), file)},
          {"tokenizer_config.json", to_text(settings, file)}};
}

}  // namespace selfreward
