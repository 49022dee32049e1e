#include "text/tokenizer/split_pattern.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "text/unicode/classes.h"

namespace selfreward {
namespace {

// Oniguruma's \s is the property White_Space; PCRE2 adds U+180E to it.
constexpr const char* kSpaces =
    R"(\t-\r\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
constexpr const char* kNoSpaces = R"(\S\x{180e})";
constexpr const char* kWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
// Outside of brackets Oniguruma's \w has the numbers of Latin-1 too.
constexpr const char* kLoneWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";
constexpr std::string_view kSameEscapes = "rntfx";
// Properties that both know alike, but for characters younger than PCRE2's Unicode (younger_members).
constexpr std::string_view kProperties[] = {"L", "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "N",  "Nd",
                                            "P", "S",  "Z",  "Zs", "Zl", "Zp", "Cc", "Han"};
constexpr std::string_view kSameGroups[] = {":", "=", "!", "<=", "<!", ">", "i:"};

/// Walks over a pattern once and writes what PCRE2 needs to find the same matches.
class Rewriter {
 public:
  explicit Rewriter(const std::string& pattern) : pattern_(pattern) {}

  std::string run() {
    while (at_ < pattern_.size()) in_class_ ? in_class() : outside();
    return "(?m)" + out_;  // ^ and $ are those of lines
  }

 private:
  bool next_is(std::string_view text) const { return pattern_.compare(at_, text.size(), text) == 0; }
  void copy(size_t count) {
    out_ += pattern_.substr(at_, count);
    at_ += count;
  }
  [[noreturn]] void refuse(const std::string& construct) const {
    fail("the construct '", construct, "' at byte ", at_, " of the pattern '", pattern_,
         "' is not supported");
  }

  void outside() {
    if (next_is("\\")) return escape();
    if (next_is("(?")) return group();
    if (next_is("(*")) refuse("(*");
    if (next_is("{,")) refuse("{,");
    in_class_ = next_is("[");
    copy(1);
    if (in_class_ && next_is("^")) copy(1);
    if (in_class_ && next_is("]")) refuse("[]");
  }

  void in_class() {
    if (next_is("\\")) return escape();
    if (next_is("[")) refuse("[ inside of [");
    if (next_is("&&")) refuse("&&");
    in_class_ = !next_is("]");
    copy(1);
  }

  void group() {
    for (const std::string_view kind : kSameGroups)
      if (pattern_.compare(at_ + 2, kind.size(), kind) == 0) return copy(2 + kind.size());
    refuse(pattern_.substr(at_, 3));
  }

  void escape() {
    const char kind = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (kind == 'p' || kind == 'P') return property();
    if (kind == 'd') return write_set(str("\\p{Nd}", younger_members("Nd")));
    if (kind == 'D' && !in_class_) return write_set(str("^\\p{Nd}", younger_members("Nd")));
    if (kind == 's') return write_set(kSpaces);
    if (kind == 'S') return write_set(kNoSpaces);
    if (kind == 'w') return write_set(str(in_class_ ? kWord : kLoneWord, younger_word_characters()));
    if (kind == 'W' && !in_class_) return write_set(str("^", kLoneWord, younger_word_characters()));
    const bool letter_or_digit = std::isalnum(static_cast<unsigned char>(kind)) || kind == '\0';
    if (letter_or_digit && kSameEscapes.find(kind) == std::string_view::npos) refuse(pattern_.substr(at_, 2));
    copy(2);
  }

  /// \p{L} or \P{L}. A script is written as PCRE2's sc:, because its \p{Han} is another set (the extensions).
  void property() {
    const size_t close = std::min(pattern_.find('}', at_), pattern_.size() - 1);
    const std::string whole = pattern_.substr(at_, close + 1 - at_);
    const std::string name = whole.size() > 4 ? whole.substr(3, whole.size() - 4) : "";
    const bool negated = whole[1] == 'P', known = std::ranges::count(kProperties, name) > 0;
    if (!known || whole[2] != '{' || (negated && in_class_)) refuse(whole);
    const std::string members =
        str(name == "Han" ? "\\p{sc:Han}" : "\\p{" + name + "}", younger_members(name));
    out_ += in_class_ ? members : str("[", negated ? "^" : "", members, "]");
    at_ = close + 1;
  }

  void write_set(const std::string& members) {
    out_ += in_class_ ? members : "[" + members + "]";
    at_ += 2;
  }

  const std::string& pattern_;
  std::string out_;
  size_t at_ = 0;
  bool in_class_ = false;
};

std::string escape_literal(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c))) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

Regex oniguruma_regex(const std::string& pattern) {
  // x{1,3}+ is possessive for PCRE2, twice repeated for Oniguruma.
  static const Regex counted_plus(R"((?<!\\x)\{\d*,?\d*\}\+)");
  check(!counted_plus.matches(pattern), "the construct '{n,m}+' of the pattern '", pattern,
        "' is not supported");
  return Regex(Rewriter(pattern).run());
}

Regex read_pattern(const JsonPart& pattern) {
  try {
    if (pattern.has("Regex")) return oniguruma_regex(pattern.text("Regex"));
    check(!pattern.text("String").empty(), "an empty string matches everywhere");
    return Regex(escape_literal(pattern.text("String")));
  } catch (const Error& e) {
    fail(pattern.where(), ": ", e.what());
  }
}

std::vector<Span> find_spans(const Regex& regex, std::string_view text) {
  std::vector<Span> spans;
  size_t done = 0;
  for (const auto& [begin, end] : regex.find_wholes(text)) {
    if (begin == end && begin == done && !spans.empty() && spans.back().is_match) continue;  // as Oniguruma
    if (begin > done) spans.push_back({done, begin, false});
    spans.push_back({begin, end, true});
    done = end;
  }
  if (done < text.size()) spans.push_back({done, text.size(), false});
  return spans;
}

std::string replace_matches(const Regex& regex, std::string_view text, const std::string& content) {
  std::string replaced;
  for (const Span& span : find_spans(regex, text))
    replaced += span.is_match ? std::string_view(content) : text.substr(span.begin, span.end - span.begin);
  return replaced;
}

}  // namespace selfreward
