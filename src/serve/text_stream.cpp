#include "serve/text_stream.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

constexpr size_t kTokensBefore = 8;  // that decide about a space: one would do, but for bytes of a character
constexpr size_t kMaxOpen = 16;      // tokens of one character, and some more; then it will never be complete

/// Bytes that both begin with, cut at a character.
size_t common_prefix(std::string_view a, std::string_view b) {
  const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return character_begin(a, static_cast<size_t>(ends.first - a.begin()));
}

}  // namespace

Detokenizer::Detokenizer(const Tokenizer& tokenizer, const TokenIds& before) : tokenizer_(tokenizer) {
  known_.assign(before.end() - static_cast<std::ptrdiff_t>(std::min(before.size(), kTokensBefore)),
                before.end());
  std::erase_if(known_, [&](int64_t id) { return tokenizer_.is_special(id); });
}

/// The text of the open tokens behind the known ones, which they become.
std::string Detokenizer::take_open() {
  const std::string known = tokenizer_.decode(known_);
  known_.insert(known_.end(), open_.begin(), open_.end());
  const std::string all = tokenizer_.decode(known_);
  known_ = std::exchange(open_, {});
  return all.substr(common_prefix(all, known));
}

std::string Detokenizer::add(int64_t id) {
  if (tokenizer_.is_special(id)) return "";
  open_.push_back(id);
  TokenIds all = known_;
  all.insert(all.end(), open_.begin(), open_.end());
  if (open_.size() < kMaxOpen && tokenizer_.decode(all).ends_with(kReplacementCharacter)) return "";
  return take_open();
}

std::string Detokenizer::finish() {
  return open_.empty() ? "" : take_open();
}

std::string StopFinder::add(const std::string& text) {
  if (found_) return "";
  held_ += text;
  size_t end = std::string::npos;
  for (const std::string& stop : stops_) end = std::min(end, held_.find(stop));
  found_ = end != std::string::npos;
  if (found_) return std::exchange(held_, "").substr(0, end);
  size_t kept = 0;  // bytes at the end that a stop string begins with
  for (const std::string& stop : stops_)
    for (size_t size = std::min(stop.size() - 1, held_.size()); size > kept; --size)
      if (held_.ends_with(std::string_view(stop).substr(0, size))) kept = size;
  const std::string certain = held_.substr(0, held_.size() - kept);
  held_.erase(0, certain.size());
  return certain;
}

bool StopFinder::is_stop(const std::string& token) const {
  return std::find(stops_.begin(), stops_.end(), token) != stops_.end();
}

std::string StopFinder::finish() {
  return std::exchange(held_, "");
}

TextStream::TextStream(const Tokenizer& tokenizer, const TokenIds& before, std::vector<std::string> stops,
                       int64_t offset)
    : tokenizer_(tokenizer), detokenizer_(tokenizer, before), finder_(std::move(stops)), offset_(offset) {}

std::string TextStream::add(int64_t id) {
  if (tokenizer_.is_special(id)) {
    stopped_ = finder_.is_stop(tokenizer_.id_to_token(id));
    return "";
  }
  const std::string text = detokenizer_.add(id);
  offset_ += count_characters(text);
  return finder_.add(text);
}

std::string TextStream::finish() {
  const std::string rest = detokenizer_.finish();
  offset_ += count_characters(rest);
  const std::string certain = finder_.add(rest);
  return certain + finder_.finish();
}

}  // namespace selfreward
