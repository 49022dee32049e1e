#include "text/added_tokens.h"

#include <algorithm>

#include "base/regex.h"
#include "text/utf8.h"

namespace selfreward {
namespace {

bool is_word_character(std::string_view character) {
  static const Regex word(R"(^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}]$)");
  return word.matches(character);
}

bool word_touches(std::string_view text, size_t begin, size_t end) {
  if (begin > 0) {
    const size_t before = previous_character(text, begin);
    if (is_word_character(text.substr(before, begin - before))) return true;
  }
  return end < text.size() && is_word_character(text.substr(end, utf8_character(text, end).length));
}

size_t spaces_begin(std::string_view text, size_t end) {
  while (end > 0) {
    const size_t before = previous_character(text, end);
    if (!is_white_space(code_point(text, before))) break;
    end = before;
  }
  return end;
}

size_t spaces_end(std::string_view text, size_t begin) {
  while (begin < text.size() && is_white_space(code_point(text, begin)))
    begin += utf8_character(text, begin).length;
  return begin;
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

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens, const std::vector<std::string>& patterns) {
  for (size_t i = 0; i < tokens.size(); ++i)
    if (!patterns[i].empty())
      by_first_byte_[static_cast<unsigned char>(patterns[i][0])].push_back(
          {patterns[i], std::move(tokens[i])});
  for (auto& bucket : by_first_byte_)
    std::stable_sort(bucket.begin(), bucket.end(),
                     [](const Pattern& a, const Pattern& b) { return a.text.size() > b.text.size(); });
}

const AddedTokenFinder::Pattern* AddedTokenFinder::longest_at(std::string_view text, size_t at) const {
  for (const Pattern& pattern : by_first_byte_[static_cast<unsigned char>(text[at])])
    if (text.compare(at, pattern.text.size(), pattern.text) == 0) return &pattern;
  return nullptr;
}

std::vector<AddedTokenFinder::Piece> AddedTokenFinder::split(std::string_view text) const {
  std::vector<Piece> pieces;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const Pattern* found = longest_at(text, at);
    if (!found) {
      ++at;
      continue;
    }
    const AddedToken& token = found->token;
    size_t begin = at, end = at + found->text.size();
    at = end;
    if (token.single_word && word_touches(text, begin, end)) continue;
    if (token.lstrip) begin = std::max(spaces_begin(text, begin), done);
    if (token.rstrip) end = spaces_end(text, end);
    if (begin > done) pieces.push_back({text.substr(done, begin - done), std::nullopt});
    pieces.push_back({text.substr(begin, end - begin), token.id});
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
