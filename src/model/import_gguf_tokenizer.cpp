// tokenizer.json (the `tokenizers` package) out of GGUF's token list, merges and the name of a pre-tokenizer.
#include <set>

#include "model/import_gguf.h"
#include "model/import_gguf_metadata.h"

namespace selfreward {
namespace {

// llama_token_type of llama.cpp
constexpr int64_t kControl = 3, kUserDefined = 4;

constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
constexpr const char* kMerges = "tokenizer.ggml.merges";
constexpr const char* kPre = "tokenizer.ggml.pre";

// How Llama 3 cuts text before BPE (tokenizer.json of meta-llama/Meta-Llama-3-8B).
constexpr const char* kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::pair<const char*, const char*> kSpecialTokens[] = {
    {"bos_token", "tokenizer.ggml.bos_token_id"},
    {"eos_token", "tokenizer.ggml.eos_token_id"},
    {"unk_token", "tokenizer.ggml.unknown_token_id"},
    {"pad_token", "tokenizer.ggml.padding_token_id"}};

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<int64_t> types;
  std::vector<std::string> merges;
};

const Json& required_array(const GgufFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end() || !found->second.is_array()) refuse_gguf_value(file, key, "a list");
  return found->second;
}

template <typename T>
std::vector<T> read_list(const GgufFile& file, const std::string& key) {
  try {
    return required_array(file, key).get<std::vector<T>>();
  } catch (const nlohmann::json::exception&) {
    refuse_gguf_value(file, key, "a list of one kind");
  }
}

/// Every merge joins two tokens into a token; `tokenizers` refuses to load anything else.
void check_merges(const GgufFile& file, const Vocabulary& vocabulary,
                  const std::set<std::string_view>& tokens) {
  for (const std::string& merge : vocabulary.merges) {
    const size_t space = merge.find(' ');
    const std::string_view left = std::string_view(merge).substr(0, space);
    const std::string_view right =
        space == std::string::npos ? "" : std::string_view(merge).substr(space + 1);
    const bool good = tokens.contains(left) && tokens.contains(right) && tokens.contains(str(left, right));
    check(good, "[gguf] ", file.path, ": merge \"", merge, "\" does not join two tokens into a third");
  }
}

Vocabulary read_vocabulary(const GgufFile& file, const ModelConfig& config) {
  Vocabulary vocabulary{read_list<std::string>(file, kTokens), read_list<int64_t>(file, kTypes),
                        read_list<std::string>(file, kMerges)};
  const auto size = static_cast<size_t>(config.vocab_size);
  check(vocabulary.tokens.size() == size && vocabulary.types.size() == size, "[gguf] ", file.path, ": ",
        vocabulary.tokens.size(), " tokens, ", vocabulary.types.size(), " token types and ", size,
        " rows of token_embd.weight should be equally many");
  std::set<std::string_view> seen;
  for (const std::string& token : vocabulary.tokens)
    check(seen.insert(token).second, "[gguf] ", file.path, ": token \"", token, "\" stands twice");
  check_merges(file, vocabulary, seen);
  return vocabulary;
}

void require_byte_level(const GgufFile& file) {
  const std::string model = gguf_string(file, "tokenizer.ggml.model").value_or("");
  check(model != "llama", "[gguf] ", file.path,
        " has a SentencePiece tokenizer (tokenizer.ggml.model \"llama\"), which is not imported; "
        "only byte-level BPE (\"gpt2\") is");
  if (model != "gpt2") refuse_gguf_value(file, "tokenizer.ggml.model", "\"gpt2\"");
}

Json byte_level(bool use_regex) {
  return {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", use_regex}};
}

/// How text is cut before BPE; the same cases as llama.cpp's table of tokenizer.ggml.pre.
Json pre_tokenizer(const GgufFile& file) {
  const std::string pre = gguf_string(file, kPre).value_or("");
  if (pre == "gpt-2") return byte_level(/*use_regex=*/true);
  Json first;
  if (pre == "smollm") {
    first = {{"type", "Digits"}, {"individual_digits", true}};
  } else if (pre == "llama-bpe") {
    first = {{"type", "Split"},
             {"pattern", {{"Regex", kLlama3Pattern}}},
             {"behavior", "Isolated"},
             {"invert", false}};
  } else {
    refuse_gguf_value(file, kPre, "\"smollm\", \"gpt-2\" or \"llama-bpe\"");
  }
  const Json second = byte_level(/*use_regex=*/pre == "smollm");
  return {{"type", "Sequence"}, {"pretokenizers", Json::array({first, second})}};
}

Json added_token(const std::string& content, bool special) {
  return {{"content", content}, {"single_word", false}, {"lstrip", false},
          {"rstrip", false},    {"normalized", false},  {"special", special}};
}

/// Control and user-defined tokens: found in a text before it is cut. id -> added_token, in the order of ids.
std::vector<std::pair<int64_t, Json>> added_tokens(const Vocabulary& vocabulary) {
  std::vector<std::pair<int64_t, Json>> added;
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const int64_t type = vocabulary.types[id];
    if (type != kControl && type != kUserDefined) continue;
    added.emplace_back(static_cast<int64_t>(id), added_token(vocabulary.tokens[id], type == kControl));
  }
  return added;
}

bool adds_bos(const GgufFile& file) {
  const bool by_default =
      gguf_string(file, kPre) == "llama-bpe";  // as llama.cpp does where the key is absent
  return gguf_bool(file, "tokenizer.ggml.add_bos_token").value_or(by_default);
}

/// <bos> text <eos>, as far as the file asks for them; null where it asks for neither.
Json post_processor(const GgufFile& file, const ModelConfig& config, const Vocabulary& vocabulary) {
  Json single = Json::array(), pair = Json::array(), special = Json::object();
  const auto add = [&](int64_t id) {
    const std::string& token = vocabulary.tokens[static_cast<size_t>(id)];
    single.push_back({{"SpecialToken", {{"id", token}, {"type_id", 0}}}});
    special[token] = {{"id", token}, {"ids", Json::array({id})}, {"tokens", Json::array({token})}};
  };
  if (adds_bos(file) && config.bos_token_id) add(*config.bos_token_id);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (gguf_bool(file, "tokenizer.ggml.add_eos_token").value_or(false) && !config.eos_token_ids.empty())
    add(config.eos_token_ids.front());
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

Json vocabulary_json(const Vocabulary& vocabulary) {
  Json::object_t ids;
  ids.reserve(vocabulary.tokens.size());
  // The vector below ordered_map takes pairs without a search; the tokens are known to differ.
  auto& pairs = static_cast<Json::object_t::Container&>(ids);
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) pairs.emplace_back(vocabulary.tokens[id], id);
  return ids;
}

Json bpe(const GgufFile& file, const Vocabulary& vocabulary) {
  const bool whole_words =
      gguf_string(file, kPre) == "llama-bpe";  // Llama 3 takes a word that is a token as it is
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", whole_words},
          {"vocab", vocabulary_json(vocabulary)},
          {"merges", vocabulary.merges}};
}

Json tokenizer_json(const GgufFile& file, const ModelConfig& config, const Vocabulary& vocabulary) {
  Json added = Json::array();
  for (const auto& [id, token] : added_tokens(vocabulary)) {
    added.push_back({{"id", id}});
    added.back().update(token);
  }
  Json decoder = byte_level(/*use_regex=*/true);
  decoder["add_prefix_space"] =
      true;  // says nothing to a decoder; written as Hugging Face's own files have it
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", pre_tokenizer(file)},
          {"post_processor", post_processor(file, config, vocabulary)},
          {"decoder", decoder},
          {"model", bpe(file, vocabulary)}};
}

Json tokenizer_config_json(const GgufFile& file, const ModelConfig& config, const Vocabulary& vocabulary) {
  Json decoder = Json::object();
  for (const auto& [id, token] : added_tokens(vocabulary)) decoder[std::to_string(id)] = token;
  Json json = {{"add_prefix_space", false}, {"added_tokens_decoder", decoder}};
  for (const auto& [name, gguf_name] : kSpecialTokens) {
    const auto id = gguf_integer(file, gguf_name);
    if (!id) continue;
    if (*id < 0 || *id >= config.vocab_size) refuse_gguf_value(file, gguf_name, "the id of a token");
    json[name] = vocabulary.tokens[static_cast<size_t>(*id)];
  }
  if (const auto chat = gguf_string(file, "tokenizer.chat_template")) json["chat_template"] = *chat;
  json["clean_up_tokenization_spaces"] = false;
  json["model_max_length"] = config.max_position_embeddings;
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

SideFiles gguf_tokenizer_files(const GgufFile& file, const ModelConfig& config) {
  require_byte_level(file);
  const Vocabulary vocabulary = read_vocabulary(file, config);
  return {{"tokenizer.json", to_text(tokenizer_json(file, config, vocabulary), file)},
          {"tokenizer_config.json", to_text(tokenizer_config_json(file, config, vocabulary), file)}};
}

}  // namespace selfreward
