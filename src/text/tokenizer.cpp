#include "text/tokenizer.h"

#include <algorithm>

#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/decoder.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/utf8.h"

namespace selfreward {
namespace {

constexpr int64_t kMaxId = 1 << 24;

/// The part of the file under `key`, or one that does nothing where it is null.
template <typename Part>
Part read_part(const JsonPart& file, const std::string& key) {
  return file.has(key) ? Part(file.at(key)) : Part();
}

}  // namespace

struct Tokenizer::Impl {
  explicit Impl(const JsonPart& file)
      : normalizer(read_part<Normalizer>(file, "normalizer")),
        pre_tokenizer(read_part<PreTokenizer>(file, "pre_tokenizer")),
        model(file.at("model")),
        post_processor(read_part<PostProcessor>(file, "post_processor")),
        decoder(read_part<Decoder>(file, "decoder")),
        added(read_added_tokens(file)),
        raw_finder(make_finder(added, /*normalized=*/false, normalizer)),
        normalized_finder(make_finder(added, /*normalized=*/true, normalizer)),
        ids(model.vocabulary()) {
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

  void append(std::string_view text, TokenIds& out) const {
    for (const std::string& word : pre_tokenizer.split(text)) model.append_tokens(word, out);
  }

  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  Bpe model;
  PostProcessor post_processor;
  Decoder decoder;
  std::vector<AddedToken> added;
  AddedTokenFinder raw_finder, normalized_finder;
  StringMap<int64_t> ids;                 // tokens of the model and added ones
  std::vector<const std::string*> names;  // [id], keys of `ids`; null where an id has no token
  std::vector<bool> special;              // [id]
};

Tokenizer Tokenizer::load(const fs::path& dir) {
  const fs::path path = dir / "tokenizer.json";
  const auto json = read_json<LookupJson>(path);
  Tokenizer tokenizer;
  try {
    tokenizer.impl_ = std::make_shared<const Impl>(JsonPart(json, ""));
  } catch (const Error& e) {
    fail("[tokenizer] ", path.string(), ": ", e.what());
  }
  return tokenizer;
}

TokenIds Tokenizer::encode(std::string_view text, bool add_special) const {
  const std::string clean = repair_utf8(text);
  TokenIds ids;
  for (const auto& raw : impl_->raw_finder.split(clean)) {
    if (raw.id) {
      ids.push_back(*raw.id);
      continue;
    }
    const std::string normalized = impl_->normalizer.normalize(std::string(raw.text));
    for (const auto& piece : impl_->normalized_finder.split(normalized)) {
      if (piece.id)
        ids.push_back(*piece.id);
      else
        impl_->append(piece.text, ids);
    }
  }
  return add_special ? impl_->post_processor.surround(std::move(ids)) : ids;
}

std::string Tokenizer::decode(const TokenIds& ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (const int64_t id : ids) {
    const std::string& token = id_to_token(id);
    if (!(skip_special && is_special(id))) tokens.push_back(token);
  }
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

bool Tokenizer::is_special(int64_t id) const {
  return id >= 0 && id < vocab_size() && impl_->special[static_cast<size_t>(id)];
}

int64_t Tokenizer::vocab_size() const {
  return static_cast<int64_t>(impl_->names.size());
}

}  // namespace selfreward
