#include "text/bpe.h"

#include <queue>

#include "text/utf8.h"

namespace selfreward {
namespace {

constexpr int64_t kMaxVocabulary = 1 << 24;  // ids of a pair fit one key; a larger one is a broken file
constexpr std::string_view kSpace = "\xE2\x96\x81";  // "▁", how SentencePiece spells a space
constexpr size_t kNone = static_cast<size_t>(-1);

uint64_t pair_key(int64_t left, int64_t right) {
  return (static_cast<uint64_t>(left) << 32) | static_cast<uint64_t>(right);
}

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

}  // namespace

Bpe::Bpe(const JsonPart& model) {
  refuse_options(model);
  read_vocabulary(model);
  read_merges(model);
  fuse_unknown_ = model.flag("fuse_unk", false);
  byte_fallback_ = model.flag("byte_fallback", false);
  ignore_merges_ = model.flag("ignore_merges", false);
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

void Bpe::read_merges(const JsonPart& model) {
  const std::vector<JsonPart> merges = model.list("merges");
  merges_.reserve(merges.size());
  for (size_t i = 0; i < merges.size(); ++i) add_merge(merges[i], static_cast<int64_t>(i));
}

void Bpe::add_merge(const JsonPart& json, int64_t rank) {
  const auto [left, right] = read_pair(json);
  const auto id = [&](const std::string& token) {
    const auto found = find(token);
    check(found.has_value(), json.where(), " needs the token '", token, "', which is not in model.vocab");
    return *found;
  };
  const int64_t left_id = id(left), right_id = id(right);
  merges_[pair_key(left_id, right_id)] = {rank, id(left + right)};
}

std::optional<int64_t> Bpe::find(std::string_view token) const {
  const auto found = vocabulary_.find(token);
  return found == vocabulary_.end() ? std::nullopt : std::optional(found->second);
}

const Bpe::Merge* Bpe::find_merge(int64_t left, int64_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::optional<TokenIds> Bpe::byte_tokens(std::string_view character) const {
  constexpr const char* digits = "0123456789ABCDEF";
  TokenIds ids;
  for (const char c : character) {
    const auto byte = static_cast<unsigned char>(c);
    const auto id = find(std::string("<0x") + digits[byte >> 4] + digits[byte & 15] + ">");
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

TokenIds Bpe::character_tokens(std::string_view word) const {
  TokenIds ids;
  ids.reserve(word.size());
  bool pending =
      false;  // an unknown token, written before the next known character (not: byte) or at the end
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
    } else if (const auto bytes = byte_fallback_ ? byte_tokens(character) : std::nullopt) {
      ids.insert(ids.end(), bytes->begin(), bytes->end());
    } else if (unknown_) {
      if (!fuse_unknown_) write_pending();
      pending = true;
    }
  }
  write_pending();
  return ids;
}

/// A word while it is merged: a linked list of tokens and the merges that may be done next.
struct Bpe::Word {
  struct Symbol {
    int64_t id;
    size_t previous, next;  // kNone at the ends
    bool merged_away = false;
  };
  struct Candidate {
    int64_t rank, id;
    size_t left;
    bool operator<(const Candidate& other) const {  // the queue gives its largest: lowest rank, then leftmost
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };

  Word(const Bpe& model, const TokenIds& ids) : bpe(model) {
    for (size_t i = 0; i < ids.size(); ++i)
      symbols.push_back({ids[i], i == 0 ? kNone : i - 1, i + 1 == ids.size() ? kNone : i + 1});
    for (size_t i = 0; i < ids.size(); ++i) propose(i);
  }

  const Merge* merge_at(size_t left) const {
    if (left == kNone || symbols[left].merged_away || symbols[left].next == kNone) return nullptr;
    return bpe.find_merge(symbols[left].id, symbols[symbols[left].next].id);
  }
  void propose(size_t left) {
    if (const Merge* merge = merge_at(left)) queue.push({merge->rank, merge->id, left});
  }
  void merge(size_t left) {
    Symbol& symbol = symbols[left];
    Symbol& right = symbols[symbol.next];
    right.merged_away = true;
    symbol.next = right.next;
    if (right.next != kNone) symbols[right.next].previous = left;
  }
  void run() {
    while (!queue.empty()) {
      const Candidate best = queue.top();
      queue.pop();
      const Merge* current = merge_at(best.left);
      if (!current || current->id != best.id) continue;  // a neighbour was merged meanwhile
      merge(best.left);
      symbols[best.left].id = best.id;
      propose(symbols[best.left].previous);
      propose(best.left);
    }
  }

  const Bpe& bpe;
  std::vector<Symbol> symbols;
  std::priority_queue<Candidate> queue;
};

TokenIds Bpe::merged_tokens(std::string_view word) const {
  Word merging(*this, character_tokens(word));
  merging.run();
  TokenIds ids;
  for (const Word::Symbol& symbol : merging.symbols)
    if (!symbol.merged_away) ids.push_back(symbol.id);
  return ids;
}

/// Whether no merge can join the characters before and after `at`: a "▁" follows one that it follows in no
/// token.
bool Bpe::is_cut(std::string_view word, size_t at) const {
  if (!vocabulary_.contains(kSpace)) return false;
  const size_t before = previous_character(word, at);
  return find(word.substr(before, at - before)) && !before_space_.contains(code_point(word, before));
}

void Bpe::append_part(std::string_view part, TokenIds& ids) const {
  if (cache_.append_known(part, ids)) return;
  TokenIds tokens = merged_tokens(part);
  ids.insert(ids.end(), tokens.begin(), tokens.end());
  cache_.remember(part, std::move(tokens));
}

void Bpe::append_tokens(std::string_view word, TokenIds& ids) const {
  if (word.empty()) return;
  if (const auto whole = ignore_merges_ ? find(word) : std::nullopt) return ids.push_back(*whole);
  // Without a pre-tokenizer all of a text is one word; cutting it gives parts that come again.
  size_t begin = 0;
  for (size_t at = word.find(kSpace, 1); at != std::string_view::npos; at = word.find(kSpace, at + 1)) {
    if (!is_cut(word, at)) continue;
    append_part(word.substr(begin, at - begin), ids);
    begin = at;
  }
  append_part(word.substr(begin), ids);
}

}  // namespace selfreward
