#include "model/gguf/export_vocabulary.h"

#include <set>

namespace selfreward {
namespace {

bool is_byte_token(const std::string& token) {
  return token.size() == 6 && token.starts_with("<0x") && token.back() == '>';
}

/// Marks of added tokens that llama.cpp does not know, except by name those of Phi-3.
void check_added(const LookupJson& token, bool phi3, const std::string& where) {
  const std::string content = token.value("content", "");
  const bool rstrip = token.value("rstrip", false) && !(phi3 && phi3_strips_right(content));
  check(!rstrip && !token.value("lstrip", false) && !token.value("single_word", false), "[gguf] ", where,
        ": added token \"", content,
        "\" strips spaces or wants to be a whole word; llama.cpp cannot do that");
}

void add_vocabulary(const TokenizerSource& source, TokenList& vocabulary) {
  const LookupJson& model = source.json["model"];
  const LookupJson unknown = model.value("unk_token", LookupJson());
  for (const auto& [token, id] : model["vocab"].items()) {
    const bool inside = id.is_number_unsigned() && id.get<size_t>() < vocabulary.tokens.size();
    check(inside, "[gguf] ", source.where, ": token \"", token, "\" has the id ", id.dump(),
          ", but config.json says vocab_size ", vocabulary.tokens.size());
    const auto at = id.get<size_t>();
    vocabulary.tokens[at] = token;
    vocabulary.types[at] = GgufTokenType::normal;
    if (source.sentencepiece && is_byte_token(token)) vocabulary.types[at] = GgufTokenType::byte;
    if (source.sentencepiece && LookupJson(token) == unknown) vocabulary.types[at] = GgufTokenType::unknown;
  }
}

void add_added_tokens(const TokenizerSource& source, bool phi3, TokenList& vocabulary) {
  for (const LookupJson& token : source.json.value("added_tokens", LookupJson::array())) {
    check_added(token, phi3, source.where);
    const auto id = token.value("id", vocabulary.tokens.size());
    check(id < vocabulary.tokens.size(), "[gguf] ", source.where, ": added token ", token.dump(),
          " lies outside of config.json's vocab_size ", vocabulary.tokens.size());
    vocabulary.tokens[id] = token.value("content", "");
    if (vocabulary.types[id] == GgufTokenType::unknown) continue;
    vocabulary.types[id] =
        token.value("special", false) ? GgufTokenType::control : GgufTokenType::user_defined;
  }
}

}  // namespace

TokenList read_token_list(const TokenizerSource& source, bool phi3, size_t size) {
  TokenList vocabulary{std::vector<std::string>(size), std::vector(size, GgufTokenType::unused)};
  for (size_t id = 0; id < size; ++id) vocabulary.tokens[id] = str("[PAD", id, "]");
  add_vocabulary(source, vocabulary);
  add_added_tokens(source, phi3, vocabulary);
  std::set<std::string_view> seen;
  for (const std::string& token : vocabulary.tokens)
    check(!token.empty() && seen.insert(token).second, "[gguf] ", source.where, ": token \"", token,
          "\" is empty or stands twice");
  return vocabulary;
}

TokenMerges read_token_merges(const TokenizerSource& source) {
  TokenMerges merges;
  for (const LookupJson& merge : source.json["model"]["merges"]) {
    if (merge.is_array() && merge.size() == 2) {
      merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
      continue;
    }
    const std::string text = merge.is_string() ? merge.get<std::string>() : "";
    const size_t space = text.find(' ');
    check(space != std::string::npos, "[gguf] ", source.where, ": merge ", merge.dump(), " is not a pair");
    merges.emplace_back(text.substr(0, space), text.substr(space + 1));
  }
  return merges;
}

}  // namespace selfreward
