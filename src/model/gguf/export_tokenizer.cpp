// GGUF's token list, merges or scores, token ids and chat templates out of the files of a tokenizer.
#include <algorithm>
#include <cctype>
#include <optional>

#include "base/text_util.h"
#include "model/gguf/export.h"
#include "model/gguf/export_vocabulary.h"
#include "model/gguf/pre_tokenizers.h"

namespace selfreward {
namespace {

void check_model(const TokenizerSource& source) {
  const LookupJson model = source.json.value("model", LookupJson::object());
  const auto empty = [&](const char* key) {
    const LookupJson value = model.value(key, LookupJson());
    check(value.is_null() || value == "" || value == 0.0, "[gguf] ", source.where, ": ", key, " is ",
          value.dump(), ", which llama.cpp cannot do");
  };
  check(model.value("type", "") == "BPE" && model.contains("vocab") && model.contains("merges"), "[gguf] ",
        source.where, " has no BPE model (", model.value("type", "none"), "); only BPE is exported");
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) empty(key);
  check(!source.sentencepiece || !model.value("ignore_merges", false), "[gguf] ", source.where,
        ": ignore_merges is true, which llama.cpp cannot do for SentencePiece");
}

TokenizerSource read_source(const SideFiles& files, const std::string& where) {
  check(files.contains("tokenizer.json"), "[gguf] ", where, " has no tokenizer.json");
  const Json settings = tokenizer_settings(files, where);
  TokenizerSource source{completed_tokenizer_json(files, settings, where), named_tokens(settings),
                         where + "/tokenizer.json"};
  check(source.json.is_object(), "[gguf] ", source.where, " should be an object");
  const LookupJson model = source.json.value("model", LookupJson::object());
  source.sentencepiece = model.is_object() && model.value("byte_fallback", false);
  check_model(source);
  return source;
}

/// Whether what stands before a text is a space; other ways to treat spaces are errors.
bool adds_space_prefix(const TokenizerSource& source) {
  const LookupJson to_piece = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSpacePiece}};
  const LookupJson prepend = {{"type", "Prepend"}, {"prepend", kSpacePiece}};
  const LookupJson between = {{"type", "Split"},
                              {"pattern", {{"String", " "}}},
                              {"behavior", "MergedWithPrevious"},
                              {"invert", false}};
  const LookupJson both = {{"type", "Sequence"}, {"normalizers", {prepend, to_piece}}};
  const LookupJson normalizer = source.json.value("normalizer", LookupJson());
  const LookupJson pre = source.json.value("pre_tokenizer", LookupJson());
  if (normalizer == both && pre.is_null()) return true;
  if (normalizer == to_piece && (pre.is_null() || pre == between)) return false;
  fail(
      "[gguf] ", source.where, ": llama.cpp's SentencePiece cannot do the normalizer ",
      normalizer.dump().substr(0, 200), " with the pre-tokenizer ", pre.dump().substr(0, 200),
      "; it can put a space before each text between special tokens (Prepend, Replace) or nowhere (Replace)");
}

void put_byte_level(const TokenizerSource& source, const TokenList& vocabulary, GgufMetadata& metadata) {
  std::vector<std::string> merges;
  for (const auto& [left, right] : read_token_merges(source)) {
    check((left + right).find(' ') == std::string::npos, "[gguf] ", source.where, ": merge \"", left, " ",
          right, "\" has a space inside; is this byte-level BPE?");
    merges.push_back(joined({left, right}, " "));
  }
  metadata.emplace_back("tokenizer.ggml.model", "gpt2");
  metadata.emplace_back("tokenizer.ggml.pre", gguf_pre_tokenizer_of(source.json, source.where).name);
  metadata.emplace_back("tokenizer.ggml.tokens", vocabulary.tokens);
  metadata.emplace_back("tokenizer.ggml.merges", std::move(merges));
}

void put_sentencepiece(const TokenizerSource& source, TokenList vocabulary, GgufMetadata& metadata) {
  auto scores =
      scores_of_merges(vocabulary.tokens, vocabulary.types, read_token_merges(source), source.where);
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id)
    if (vocabulary.types[id] == GgufTokenType::user_defined)  // llama.cpp finds these in the text as it is
      vocabulary.tokens[id] = replace_all(vocabulary.tokens[id], kSpacePiece, " ");
  metadata.emplace_back("tokenizer.ggml.model", "llama");
  metadata.emplace_back("tokenizer.ggml.pre", "default");
  metadata.emplace_back("tokenizer.ggml.tokens", std::move(vocabulary.tokens));
  metadata.emplace_back("tokenizer.ggml.scores", std::move(scores));
  metadata.emplace_back("tokenizer.ggml.add_space_prefix", adds_space_prefix(source));
}

/// The special tokens that the post-processor puts before and after a text.
struct Ends {
  std::vector<std::string> before, after;
};

void add_template(const LookupJson& processor, Ends& ends) {
  bool behind = false;
  for (const LookupJson& piece : processor["single"]) {
    if (piece.contains("Sequence"))
      behind = true;
    else
      (behind ? ends.after : ends.before).push_back(piece["SpecialToken"]["id"].get<std::string>());
  }
}

Ends read_ends(const TokenizerSource& source) {
  const LookupJson post = source.json.value("post_processor", LookupJson());
  Ends ends;
  if (post.is_null()) return ends;
  for (const LookupJson& processor :
       post.value("type", "") == "Sequence" ? post["processors"] : LookupJson::array({post})) {
    const std::string type = processor.value("type", "");
    check(type == "ByteLevel" || type == "TemplateProcessing", "[gguf] ", source.where,
          ": llama.cpp cannot do the post-processor ", type);
    if (type == "TemplateProcessing") add_template(processor, ends);
  }
  check(ends.before.size() <= 1 && ends.after.size() <= 1, "[gguf] ", source.where,
        ": the post-processor adds more than one token at an end, which llama.cpp cannot do");
  return ends;
}

/// The id of a special token that has a name.
std::optional<uint32_t> id_of_named(const TokenizerSource& source, const TokenList& vocabulary,
                                    const std::string& name) {
  const auto token = source.named.find(name);
  if (token == source.named.end()) return std::nullopt;
  const auto found = std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(), token->second);
  if (found == vocabulary.tokens.end()) return std::nullopt;
  return static_cast<uint32_t>(found - vocabulary.tokens.begin());
}

/// The id of config.json, or of the token that the tokenizer's settings name.
std::optional<uint32_t> token_id(const TokenizerSource& source, const TokenList& vocabulary,
                                 const Json& config, const std::string& name) {
  const Json id = config.value(name + "_id", Json());
  if (!id.is_number_unsigned()) return id_of_named(source, vocabulary, name);
  check(id.get<size_t>() < vocabulary.tokens.size(), "[gguf] config.json: ", name, "_id is ", id.dump(),
        ", but there are ", vocabulary.tokens.size(), " tokens");
  return id.get<uint32_t>();
}

void put_ends(const TokenizerSource& source, const TokenList& vocabulary, std::optional<uint32_t> bos,
              std::optional<uint32_t> eos, GgufMetadata& metadata) {
  const Ends ends = read_ends(source);
  const auto fits = [&](const std::vector<std::string>& tokens, std::optional<uint32_t> id) {
    return tokens.empty() || (id && vocabulary.tokens[*id] == tokens.front());
  };
  check(fits(ends.before, bos) && fits(ends.after, eos), "[gguf] ", source.where,
        ": the post-processor adds other tokens than bos_token_id and eos_token_id of config.json, which "
        "llama.cpp cannot do");
  metadata.emplace_back("tokenizer.ggml.add_bos_token", !ends.before.empty());
  metadata.emplace_back("tokenizer.ggml.add_eos_token", !ends.after.empty());
}

/// eos, and end of turn and of message where a reply may end with several tokens.
void put_ids(const TokenizerSource& source, const TokenList& vocabulary, const Json& config,
             GgufMetadata& metadata) {
  const auto put = [&](const std::string& name, std::optional<uint32_t> id) {
    if (id) metadata.emplace_back("tokenizer.ggml." + name + "_token_id", *id);
    return id;
  };
  const auto bos = put("bos", token_id(source, vocabulary, config, "bos_token"));
  put("unknown", token_id(source, vocabulary, Json::object(), "unk_token"));
  put("padding", token_id(source, vocabulary, config, "pad_token"));
  const Json& stops = config["eos_token_id"];
  check(stops.size() <= 3, "[gguf] config.json and generation_config.json name ", stops.size(),
        " eos tokens, but GGUF has places for three");
  constexpr const char* kStops[] = {"eos", "eot", "eom"};
  std::optional<uint32_t> eos;
  for (size_t i = 0; i < stops.size(); ++i) {
    const auto id = put(kStops[i], token_id(source, vocabulary, {{"eos_token_id", stops[i]}}, "eos_token"));
    if (i == 0) eos = id;
  }
  put_ends(source, vocabulary, bos, eos, metadata);
}

/// The usual template, and the others by name, as gguf-py writes them.
void put_chat_templates(const SideFiles& files, const std::string& where, GgufMetadata& metadata) {
  std::vector<std::string> names;
  for (const auto& [name, source] : chat_templates(files, tokenizer_settings(files, where), where)) {
    std::string key = "tokenizer.chat_template";
    if (name != "default") {
      names.push_back(name);
      for (char& c : names.back())
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      key += "." + names.back();
    }
    metadata.emplace_back(key, source.text);
  }
  if (!names.empty()) metadata.emplace_back("tokenizer.chat_templates", names);
}

}  // namespace

bool strips_like_phi3(const SideFiles& files) {
  const LookupJson json =
      completed_tokenizer_json(files, tokenizer_settings(files, "the checkpoint"), "the checkpoint");
  bool strips = false;
  for (const LookupJson& token : json.value("added_tokens", LookupJson::array())) {
    const bool rstrip = token.value("rstrip", false);
    if (rstrip != phi3_strips_right(token.value("content", ""))) return false;
    strips = strips || rstrip;
  }
  return strips;
}

GgufMetadata gguf_tokenizer_metadata(const SideFiles& files, const Json& config, const std::string& where) {
  const TokenizerSource source = read_source(files, where);
  const bool phi3 = config["model_type"] == "phi3" && strips_like_phi3(files);
  const TokenList vocabulary = read_token_list(source, phi3, config["vocab_size"].get<size_t>());
  std::vector<int32_t> types;
  for (const GgufTokenType type : vocabulary.types) types.push_back(static_cast<int32_t>(type));
  GgufMetadata metadata;
  if (source.sentencepiece)
    put_sentencepiece(source, vocabulary, metadata);
  else
    put_byte_level(source, vocabulary, metadata);
  metadata.emplace_back("tokenizer.ggml.token_type", std::move(types));
  put_ids(source, vocabulary, config, metadata);
  put_chat_templates(files, where, metadata);
  return metadata;
}

}  // namespace selfreward
