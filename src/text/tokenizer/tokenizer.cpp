#include "text/tokenizer/tokenizer.h"

#include <algorithm>
#include <unordered_set>

#include "text/tokenizer/bpe.h"
#include "text/tokenizer/decoder.h"
#include "text/tokenizer/files.h"
#include "text/tokenizer/normalizer.h"
#include "text/tokenizer/post_processor.h"
#include "text/tokenizer/pre_tokenizer.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

constexpr int64_t kMaxId = 1 << 24;
// What checkpoints have that were never saved with a tokenizer.json.
constexpr const char* kOtherFiles[] = {"tokenizer.model", "tekken.json", "vocab.json",
                                       "merges.txt",      "vocab.txt",   "spiece.model"};

/// The part of the file under `key`, or one that does nothing where it is null.
template <typename Part>
Part read_part(const JsonPart& file, const std::string& key) {
  return file.has(key) ? Part(file.at(key)) : Part();
}

void require_tokenizer_json(const fs::path& dir) {
  if (fs::exists(dir / "tokenizer.json")) return;
  for (const char* name : kOtherFiles)
    check(!fs::exists(dir / name), "[tokenizer] ", dir.string(), " has ", name,
          " but no tokenizer.json, which is wanted; write one with Python's transformers (and "
          "sentencepiece, tiktoken): from transformers import AutoTokenizer; "
          "AutoTokenizer.from_pretrained('",
          dir.string(), "').save_pretrained('", dir.string(), "')");
  fail("[tokenizer] ", dir.string(), " has no tokenizer.json; is it a Hugging Face checkpoint?");
}

std::unordered_set<int64_t> special_ids(const std::vector<AddedToken>& tokens) {
  std::unordered_set<int64_t> ids;
  for (const AddedToken& token : tokens)
    if (token.special) ids.insert(token.id);
  return ids;
}

}  // namespace

struct Tokenizer::Impl {
  explicit Impl(const JsonPart& file)
      : normalizer(read_part<Normalizer>(file, "normalizer")),
        pre_tokenizer(read_part<PreTokenizer>(file, "pre_tokenizer")),
        added(read_added_tokens(file)),
        model(file.at("model"), pre_tokenizer.is_byte_level(), special_ids(added)),
        post_processor(read_part<PostProcessor>(file, "post_processor")),
        decoder(read_part<Decoder>(file, "decoder")),
        raw_finder(make_finder(added, /*normalized=*/false, normalizer)),
        normalized_finder(make_finder(added, /*normalized=*/true, normalizer)),
        ids(model.vocabulary()) {
    check(normalizer.keeps_begin() || !pre_tokenizer.looks_at_begin(),
          "pre_tokenizer: prepend_scheme \"first\" is not supported beside a normalizer that may take "
          "characters from the begin of a text");
    for (const AddedToken& token : added) add(token);
    for (const auto& [token, id] : ids) name(id, token);
    for (const int64_t id : post_processor.surround({}))
      check(has_token(id), "post_processor adds the id ", id, ", which has no token");
    special.resize(names.size());
    for (const AddedToken& token : added) special[static_cast<size_t>(token.id)] = token.special;
  }

  void add(const AddedToken& token) {
    check(token.id >= 0 && token.id < kMaxId, "added_tokens: '", token.content, "' has the id ", token.id,
          ", expected 0 to ", kMaxId - 1);
    const int64_t id = ids.emplace(token.content, token.id).first->second;
    check(id == token.id, "added_tokens: '", token.content, "' has the id ", token.id, ", but ", id,
          " elsewhere in the file");
  }

  void name(int64_t id, const std::string& token) {
    const auto at = static_cast<size_t>(id);
    if (at >= names.size()) names.resize(at + 1, nullptr);
    check(!names[at], "the id ", id, " has two tokens, '", token, "' and '", names[at] ? *names[at] : "",
          "'");
    names[at] = &token;
  }

  bool has_token(int64_t id) const {
    return id >= 0 && id < static_cast<int64_t>(names.size()) && names[static_cast<size_t>(id)];
  }

  void append_words(std::string_view text, bool begins_input, bool no_controls, TokenIds& out) const {
    const size_t from = out.size();
    const CutText cut = pre_tokenizer.cut(text, begins_input);
    for (size_t i = 0; i < cut.words.size(); ++i) model.append_tokens(cut[i], out);
    if (no_controls) model.split_controls(out, from);
  }

  /// Where the ranges of a text that lie in its `piece` are after the piece was normalized.
  ByteRanges normalized_ranges(const ByteRanges& ranges, std::string_view piece, size_t offset) const {
    ByteRanges out;
    const auto place = [&](size_t at) {
      const size_t inside = std::clamp(at, offset, offset + piece.size()) - offset;
      return normalizer.normalize(std::string(piece.substr(0, inside))).size();
    };
    if (!normalized_finder.has_special()) return out;
    for (const ByteRange& range : ranges) out.push_back({place(range.begin), place(range.end)});
    return out;
  }

  /// `raw` lies at byte `offset` of the whole text, between tokens that are looked for before normalization.
  void append_piece(std::string_view raw, size_t offset, const ByteRanges& plain, TokenIds& out) const {
    const std::string text = normalizer.normalize(std::string(raw));
    const ByteRanges ranges = normalized_ranges(plain, raw, offset);
    for (const auto& piece : normalized_finder.split(text, ranges)) {
      const bool begins_input = offset == 0 && piece.text.data() == text.data();
      if (piece.id)
        out.push_back(*piece.id);
      else
        append_words(piece.text, begins_input, !plain.empty(), out);
    }
  }

  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::vector<AddedToken> added;
  Bpe model;
  PostProcessor post_processor;
  Decoder decoder;
  AddedTokenFinder raw_finder, normalized_finder;
  StringMap<int64_t> ids;                 // tokens of the model and added ones
  std::vector<const std::string*> names;  // [id], keys of `ids`; null where an id has no token
  std::vector<bool> special;              // [id]
};

Tokenizer Tokenizer::load(const fs::path& dir) {
  require_tokenizer_json(dir);
  const TokenizerFiles files = read_tokenizer_files(dir);
  const Json settings = tokenizer_settings(files, dir.string());
  const LookupJson json = completed_tokenizer_json(files, settings, dir.string());
  Tokenizer tokenizer;
  try {
    tokenizer.impl_ = std::make_shared<const Impl>(JsonPart(json, ""));
  } catch (const Error& e) {
    fail("[tokenizer] ", (dir / "tokenizer.json").string(), ": ", e.what());
  }
  return tokenizer;
}

TokenIds Tokenizer::encode(std::string_view text, bool add_special) const {
  return encode(text, add_special, {});
}

TokenIds Tokenizer::encode(std::string_view text, bool add_special, const ByteRanges& plain) const {
  if (!is_valid_utf8(text)) {
    ByteRanges moved;
    const auto place = [&](size_t at) { return repair_utf8(text.substr(0, at)).size(); };
    for (const ByteRange& range : plain) moved.push_back({place(range.begin), place(range.end)});
    return encode(repair_utf8(text), add_special, moved);
  }
  TokenIds ids;
  for (const auto& raw : impl_->raw_finder.split(text, plain)) {
    if (raw.id)
      ids.push_back(*raw.id);
    else
      impl_->append_piece(raw.text, static_cast<size_t>(raw.text.data() - text.data()), plain, ids);
  }
  return add_special ? impl_->post_processor.surround(std::move(ids)) : ids;
}

std::string Tokenizer::decode(const TokenIds& ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (const int64_t id : ids)
    if (has_token(id) && !(skip_special && is_special(id))) tokens.push_back(id_to_token(id));
  return impl_->decoder.decode(std::move(tokens));
}

std::optional<int64_t> Tokenizer::token_to_id(const std::string& token) const {
  const auto found = impl_->ids.find(token);
  return found == impl_->ids.end() ? std::nullopt : std::optional(found->second);
}

const std::string& Tokenizer::id_to_token(int64_t id) const {
  check(impl_->has_token(id), "[tokenizer] the id ", id, " has no token; the ids of this tokenizer are 0 to ",
        vocab_size() - 1, " (ids of another model?)");
  return *impl_->names[static_cast<size_t>(id)];
}

bool Tokenizer::has_token(int64_t id) const {
  return impl_->has_token(id);
}

bool Tokenizer::is_special(int64_t id) const {
  return id >= 0 && id < vocab_size() && impl_->special[static_cast<size_t>(id)];
}

int64_t Tokenizer::vocab_size() const {
  return static_cast<int64_t>(impl_->names.size());
}

}  // namespace selfreward
