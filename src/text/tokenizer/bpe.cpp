#include "text/tokenizer/bpe.h"

#include "text/tokenizer/byte_level.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

constexpr int64_t kMaxVocabulary = 1 << 24;          // a larger id is one of a broken file
constexpr std::string_view kSpace = "\xE2\x96\x81";  // "▁", how SentencePiece spells a space

/// Both halves of a merge, spelled "a b" or ["a", "b"].
std::pair<std::string, std::string> read_pair(const JsonPart& json) {
  const LookupJson& value = json.json();
  if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string())
    return {value[0].get<std::string>(), value[1].get<std::string>()};
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
    json.wrong(R"("a b" or ["a", "b"])");
  return {text.substr(0, space), text.substr(space + 1)};
}

void refuse_options(const JsonPart& model) {
  if (model.text("type", "BPE") != "BPE") model.unsupported("type", "BPE");
  if (model.has("dropout")) model.unsupported("dropout", "null (merges that are skipped at random)");
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!model.text(key, "").empty()) model.unsupported(key, "null or \"\"");
}

/// How byte_fallback spells a byte: <0x0A>.
std::string byte_token(size_t byte) {
  constexpr const char* digits = "0123456789ABCDEF";
  return std::string("<0x") + digits[byte >> 4] + digits[byte & 15] + ">";
}

}  // namespace

Bpe::Bpe(const JsonPart& model, bool byte_level, const std::unordered_set<int64_t>& control_ids)
    : control_ids_(control_ids), byte_level_(byte_level) {
  refuse_options(model);
  read_vocabulary(model);
  read_merges(model, control_ids);
  note_cuts();
  fuse_unknown_ = model.flag("fuse_unk", false);
  byte_fallback_ = model.flag("byte_fallback", false);
  ignore_merges_ = model.flag("ignore_merges", false);
  for (size_t byte = 0; byte < 256; ++byte) byte_ids_[byte] = find(byte_token(byte));
  if (!model.has("unk_token")) return;
  unknown_ = find(model.text("unk_token"));
  if (!unknown_) model.at("unk_token").wrong("a token of model.vocab");
}

void Bpe::read_vocabulary(const JsonPart& model) {
  const JsonPart vocab = model.at("vocab");
  if (!vocab.json().is_object()) vocab.wrong("an object of token: id");
  vocabulary_.reserve(vocab.json().size());
  for (const auto& [token, id] : vocab.json().items()) {
    const bool fits = id.is_number_integer() && id.get<int64_t>() >= 0 && id.get<int64_t>() < kMaxVocabulary;
    if (!fits) JsonPart(id, "model.vocab[\"" + token + "\"]").wrong("an id from 0 to 16777215");
    vocabulary_.emplace(token, id.get<int64_t>());
    note_before_space(token);
  }
}

void Bpe::note_before_space(std::string_view token) {
  for (size_t at = token.find(kSpace, 1); at != std::string_view::npos; at = token.find(kSpace, at + 1))
    before_space_.insert(code_point(token, previous_character(token, at)));
}

void Bpe::note_cuts() {
  cuts_words_ = !byte_level_ && vocabulary_.contains(kSpace);
  for (size_t c = 0; c < ascii_cut_.size(); ++c)
    ascii_cut_[c] =
        find(std::string(1, static_cast<char>(c))) && !before_space_.contains(static_cast<char32_t>(c));
}

int64_t Bpe::merged_id(const JsonPart& json, const std::string& token) const {
  const auto found = find(token);
  check(found.has_value(), json.where(), " needs the token '", token, "', which is not in model.vocab");
  return *found;
}

void Bpe::read_merges(const JsonPart& model, const std::unordered_set<int64_t>& control_ids) {
  const std::vector<JsonPart> merges = model.list("merges");
  merges_ = MergeTable(merges.size());
  for (size_t i = 0; i < merges.size(); ++i) {
    const auto [left, right] = read_pair(merges[i]);
    const int64_t left_id = merged_id(merges[i], left), right_id = merged_id(merges[i], right);
    const int64_t id = merged_id(merges[i], left + right);
    merges_.insert(left_id, right_id, {static_cast<int32_t>(i), static_cast<int32_t>(id)});
    if (control_ids.contains(id)) control_parts_.try_emplace(id, left_id, right_id);
  }
}

std::optional<int64_t> Bpe::find(std::string_view token) const {
  const auto found = vocabulary_.find(token);
  return found == vocabulary_.end() ? std::nullopt : std::optional(found->second);
}

bool Bpe::append_bytes(std::string_view character, TokenIds& ids) const {
  const auto id = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
  for (const char c : character)
    if (!id(c)) return false;
  for (const char c : character) ids.push_back(*id(c));
  return true;
}

TokenIds Bpe::character_tokens(std::string_view word) const {
  TokenIds ids;
  ids.reserve(word.size());
  // An unknown token is written before the next known character (not: byte) or at the end.
  bool pending = false;
  const auto write_pending = [&] {
    if (pending) ids.push_back(*unknown_);
    pending = false;
  };
  for (size_t at = 0, length; at < word.size(); at += length) {
    length = utf8_character(word, at).length;
    const std::string_view character = word.substr(at, length);
    if (const auto id = find(character)) {
      write_pending();
      ids.push_back(*id);
    } else if (!(byte_fallback_ && append_bytes(character, ids)) && unknown_) {
      if (!fuse_unknown_) write_pending();
      pending = true;
    }
  }
  write_pending();
  return ids;
}

/// Whether no merge can join the characters before and after `at`: a "▁" follows one that it follows in no
/// token.
bool Bpe::is_cut(std::string_view word, size_t at) const {
  const auto last = static_cast<unsigned char>(word[at - 1]);
  if (last < ascii_cut_.size()) return ascii_cut_[last];
  const size_t before = previous_character(word, at);
  return find(word.substr(before, at - before)) && !before_space_.contains(code_point(word, before));
}

std::optional<int64_t> Bpe::whole_token(std::string_view word) const {
  const auto whole = ignore_merges_ ? find(word) : std::nullopt;
  return whole && !control_ids_.contains(*whole) ? whole : std::nullopt;
}

TokenIds Bpe::tokens_of(const std::string& part) const {
  const auto whole = cuts_words_ ? std::nullopt : whole_token(part);
  if (whole) return {*whole};
  TokenIds tokens = character_tokens(part);
  merge_tokens(merges_, tokens);
  return tokens;
}

void Bpe::append_part(std::string_view part, TokenIds& ids) const {
  if (cache_.append_known(part, ids)) return;
  const TokenIds tokens = tokens_of(byte_level_ ? to_byte_level(part) : std::string(part));
  ids.insert(ids.end(), tokens.begin(), tokens.end());
  cache_.remember(part, tokens);
}

void Bpe::append_tokens(std::string_view word, TokenIds& ids) const {
  if (!cuts_words_) return append_part(word, ids);
  if (const auto whole = whole_token(word)) return ids.push_back(*whole);
  // Without a pre-tokenizer all of a text is one word; cutting it gives parts that come again.
  size_t begin = 0;
  for (size_t at = word.find(kSpace, 1); at != std::string_view::npos; at = word.find(kSpace, at + 1)) {
    if (!is_cut(word, at)) continue;
    append_part(word.substr(begin, at - begin), ids);
    begin = at;
  }
  append_part(word.substr(begin), ids);
}

void Bpe::split_controls(TokenIds& ids, size_t from) const {
  for (size_t at = from; at < ids.size() && !control_parts_.empty();) {
    const auto found = control_parts_.find(ids[at]);
    if (found == control_parts_.end()) {
      ++at;
      continue;
    }
    ids[at] = found->second.second;
    ids.insert(ids.begin() + static_cast<std::ptrdiff_t>(at), found->second.first);
  }
}

}  // namespace selfreward
