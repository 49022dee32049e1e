#include "model/gguf/import_vocabulary.h"

#include <set>

#include "base/text_util.h"
#include "model/gguf/import_metadata.h"

namespace selfreward {
namespace {

constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
constexpr const char* kMerges = "tokenizer.ggml.merges";
constexpr const char* kScores = "tokenizer.ggml.scores";
constexpr const char* kPre = "tokenizer.ggml.pre";

template <typename T>
std::vector<T> read_list(const GgufFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end() || !found->second.is_array()) refuse_gguf_value(file, key, "a list");
  try {
    return found->second.get<std::vector<T>>();
  } catch (const nlohmann::json::exception&) {
    refuse_gguf_value(file, key, "a list of one kind");
  }
}

std::vector<GgufTokenType> read_types(const GgufFile& file) {
  std::vector<GgufTokenType> types;
  for (const int32_t type : read_list<int32_t>(file, kTypes)) {
    check(type >= 1 && type <= 6, "[gguf] ", file.path, ": token type ", type, " is not known");
    types.push_back(static_cast<GgufTokenType>(type));
  }
  return types;
}

/// The kind of tokenizer, or an error that names it.
void read_kind(const GgufFile& file, GgufVocabulary& vocabulary) {
  const std::string model = gguf_string(file, "tokenizer.ggml.model").value_or("");
  vocabulary.sentencepiece = model == "llama";
  if (vocabulary.sentencepiece) return;
  if (model != "gpt2")
    refuse_gguf_value(file, "tokenizer.ggml.model", "\"gpt2\" (byte-level BPE) or \"llama\" (SentencePiece)");
  vocabulary.pre = find_gguf_pre_tokenizer(gguf_string(file, kPre).value_or(""));
  if (vocabulary.pre == nullptr) refuse_gguf_value(file, kPre, "one of " + known_gguf_pre_tokenizers());
}

/// Every merge joins two tokens into a token; `tokenizers` refuses to load anything else.
Json read_merges(const GgufFile& file, const GgufVocabulary& vocabulary) {
  const std::set<std::string_view> tokens(vocabulary.tokens.begin(), vocabulary.tokens.end());
  const auto merges = read_list<std::string>(file, kMerges);
  for (const std::string& merge : merges) {
    const size_t space = merge.find(' ');
    const std::string_view left = std::string_view(merge).substr(0, space);
    const std::string_view right =
        space == std::string::npos ? "" : std::string_view(merge).substr(space + 1);
    const bool good = tokens.contains(left) && tokens.contains(right) && tokens.contains(str(left, right));
    check(good, "[gguf] ", file.path, ": merge \"", merge, "\" does not join two tokens into a third");
  }
  return merges;
}

Json read_score_merges(const GgufFile& file, const GgufVocabulary& vocabulary) {
  const auto scores = read_list<float>(file, kScores);
  check(scores.size() == vocabulary.tokens.size(), "[gguf] ", file.path, ": ", scores.size(), " scores for ",
        vocabulary.tokens.size(), " tokens");
  std::set<float> different;
  for (size_t id = 0; id < scores.size(); ++id)
    if (vocabulary.types[id] == GgufTokenType::normal) different.insert(scores[id]);
  check(different.size() > 1, "[gguf] ", file.path, ": all ", kScores,
        " are equal, so they do not say what to merge first; take a file that was made of tokenizer.model");
  Json merges = Json::array();
  for (const auto& [left, right] : merges_of_scores(vocabulary.tokens, vocabulary.types, scores))
    merges.push_back(joined({left, right}, " "));
  return merges;
}

}  // namespace

GgufVocabulary read_gguf_vocabulary(const GgufFile& file, size_t size) {
  GgufVocabulary vocabulary{read_list<std::string>(file, kTokens), read_types(file)};
  read_kind(file, vocabulary);
  check(vocabulary.tokens.size() == size && vocabulary.types.size() == size, "[gguf] ", file.path, ": ",
        vocabulary.tokens.size(), " tokens, ", vocabulary.types.size(), " token types and ", size,
        " rows of token_embd.weight should be equally many");
  // A user's token is kept with spaces; SentencePiece has none.
  for (size_t id = 0; id < size && vocabulary.sentencepiece; ++id)
    if (vocabulary.types[id] == GgufTokenType::user_defined)
      vocabulary.tokens[id] = replace_all(vocabulary.tokens[id], " ", kSpacePiece);
  std::set<std::string_view> seen;
  for (const std::string& token : vocabulary.tokens)
    check(seen.insert(token).second, "[gguf] ", file.path, ": token \"", token, "\" stands twice");
  return vocabulary;
}

bool is_gguf_filler(const GgufVocabulary& vocabulary, size_t id) {
  return vocabulary.types[id] == GgufTokenType::unused && vocabulary.tokens[id] == str("[PAD", id, "]");
}

Json gguf_merges_json(const GgufFile& file, const GgufVocabulary& vocabulary) {
  return vocabulary.sentencepiece ? read_score_merges(file, vocabulary) : read_merges(file, vocabulary);
}

}  // namespace selfreward
