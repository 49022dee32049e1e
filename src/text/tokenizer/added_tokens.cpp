#include "text/tokenizer/added_tokens.h"

#include <algorithm>

#include "text/tokenizer/split_pattern.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

bool is_word_character(std::string_view character) {
  static const Regex word = oniguruma_regex(R"(^[\w\x{200c}\x{200d}]$)");
  return word.matches(character);
}

bool word_touches(std::string_view text, size_t begin, size_t end) {
  if (begin > 0) {
    const size_t before = previous_character(text, begin);
    if (is_word_character(text.substr(before, begin - before))) return true;
  }
  return end < text.size() && is_word_character(text.substr(end, utf8_character(text, end).length));
}

/// Of the range that [begin, end) reaches into: whether it lies in it altogether; nothing if there is none.
std::optional<bool> lies_in_range(const ByteRanges& ranges, size_t begin, size_t end) {
  auto range =
      std::partition_point(ranges.begin(), ranges.end(), [=](const ByteRange& r) { return r.end <= begin; });
  while (range != ranges.end() && range->begin == range->end) ++range;
  if (range == ranges.end() || range->begin >= end) return std::nullopt;
  return range->begin <= begin && end <= range->end;
}

AddedToken read_token(const JsonPart& json) {
  AddedToken token;
  token.id = json.number("id");
  token.content = json.text("content");
  token.single_word = json.flag("single_word", false);
  token.lstrip = json.flag("lstrip", false);
  token.rstrip = json.flag("rstrip", false);
  token.special = json.flag("special", false);
  token.normalized = json.flag("normalized", !token.special);
  return token;
}

}  // namespace

std::vector<AddedToken> read_added_tokens(const JsonPart& tokenizer) {
  std::vector<AddedToken> tokens;
  if (!tokenizer.has("added_tokens")) return tokens;
  for (const JsonPart& json : tokenizer.list("added_tokens")) {
    AddedToken token = read_token(json);
    if (!token.content.empty()) tokens.push_back(std::move(token));
  }
  return tokens;
}

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens, const std::vector<std::string>& patterns)
    : tokens_(std::move(tokens)), ends_(1, -1) {
  for (size_t i = 0; i < tokens_.size(); ++i)
    if (!patterns[i].empty()) add(patterns[i], i);
}

void AddedTokenFinder::add(const std::string& pattern, size_t token) {
  uint32_t node = 0;
  for (const char c : pattern) {
    const auto byte = static_cast<unsigned char>(c);
    uint32_t& child = node == 0 ? roots_[byte] : children_[node << 8 | byte];
    if (child == 0) {
      child = static_cast<uint32_t>(ends_.size());
      ends_.push_back(-1);
    }
    node = child;
  }
  if (ends_[node] < 0) ends_[node] = static_cast<int32_t>(token);
  has_special_ |= tokens_[token].special;
}

AddedTokenFinder::Match AddedTokenFinder::longest_at(std::string_view text, size_t at,
                                                     const ByteRanges& plain) const {
  Match longest{at, at + 1};
  uint32_t node = roots_[static_cast<unsigned char>(text[at])];
  for (size_t end = at + 1; node != 0; ++end) {
    if (ends_[node] >= 0) {
      const AddedToken& token = tokens_[static_cast<size_t>(ends_[node])];
      const auto is_plain = token.special ? lies_in_range(plain, at, end) : std::nullopt;
      if (!is_plain) longest = {at, end, &token};
      if (is_plain == true) longest = {at, end};
    }
    if (end == text.size()) break;
    const auto child = children_.find(node << 8 | static_cast<unsigned char>(text[end]));
    node = child == children_.end() ? 0 : child->second;
  }
  return longest;
}

std::vector<AddedTokenFinder::Piece> AddedTokenFinder::split(std::string_view text,
                                                             const ByteRanges& plain) const {
  std::vector<Piece> pieces;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const auto is_start = [&](char c) { return roots_[static_cast<unsigned char>(c)] != 0; };
    at = static_cast<size_t>(
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_start) - text.begin());
    if (at == text.size()) break;
    auto [begin, end, token] = longest_at(text, at, plain);
    at = end;
    if (!token || (token->single_word && word_touches(text, begin, end))) continue;
    if (token->lstrip) begin = std::max(spaces_begin(text, begin), done);
    if (token->rstrip) end = spaces_end(text, end);
    if (begin >= end) continue;  // an earlier token has taken all of it along
    if (begin > done) pieces.push_back({text.substr(done, begin - done), std::nullopt});
    pieces.push_back({text.substr(begin, end - begin), token->id});
    done = end;
  }
  if (done < text.size()) pieces.push_back({text.substr(done), std::nullopt});
  return pieces;
}

AddedTokenFinder make_finder(const std::vector<AddedToken>& tokens, bool normalized,
                             const Normalizer& normalizer) {
  std::vector<AddedToken> chosen;
  std::vector<std::string> patterns;
  for (const AddedToken& token : tokens) {
    if (token.normalized != normalized) continue;
    chosen.push_back(token);
    patterns.push_back(normalized ? normalizer.normalize(token.content) : token.content);
  }
  return {std::move(chosen), patterns};
}

}  // namespace selfreward
