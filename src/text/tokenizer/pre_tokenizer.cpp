#include "text/tokenizer/pre_tokenizer.h"

#include "base/text_util.h"
#include "text/tokenizer/byte_level.h"
#include "text/unicode/classes.h"

namespace selfreward {
namespace {

using Step = PreTokenizer::Step;

// The split of GPT-2 (openai/gpt-2, src/encoder.py), which ByteLevel has built in.
constexpr const char* kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
// A word, or what is neither word nor space, as the regexes of Rust see it.
constexpr const char* kRustWords = R"([\w\x{200c}\x{200d}]+|[^\s\w\x{200c}\x{200d}]+)";

// What Rust calls numeric, whose Unicode is a little younger than Oniguruma's.
constexpr const char* kRustNumbers = R"([\p{N}\x{11de0}-\x{11de9}\x{16ff4}-\x{16ff6}])";

/// Cuts every word by itself at the matches of `pattern`.
void split_words(CutText& cut, const Regex& pattern, SplitBehavior behavior, bool invert) {
  Spans words;
  for (size_t i = 0; i < cut.words.size(); ++i) {
    Spans spans = find_spans(pattern, cut[i]);
    for (Span& span : spans) span.is_match ^= invert;
    const size_t offset = cut.words[i].begin;
    for (const Span& span : behavior(std::move(spans)))
      if (span.end > span.begin) words.push_back({offset + span.begin, offset + span.end});
  }
  cut.words = std::move(words);
}

Step splitter(const Regex& pattern, SplitBehavior behavior, bool invert = false) {
  return [=](CutText& cut) { split_words(cut, pattern, behavior, invert); };
}

/// Writes every word anew, as `spell(word, is_first)` spells it; is_first: the input begins with the word.
template <typename Spell>
void respell_words(CutText& cut, Spell spell) {
  std::string text;
  cut.begins_input = cut.begins_input && !cut.words.empty() && cut.words[0].begin == 0;
  for (size_t i = 0; i < cut.words.size(); ++i) {
    const size_t begin = text.size();
    text += spell(cut[i], i == 0 && cut.begins_input);
    cut.words[i] = {begin, text.size()};
  }
  cut.text = std::move(text);
}

Step read_byte_level(const JsonPart& json) {
  const bool prefix = json.flag("add_prefix_space", true), use_regex = json.flag("use_regex", true);
  return [pattern = oniguruma_regex(kGpt2Pattern), prefix, use_regex](CutText& cut) {
    if (prefix)
      respell_words(cut, [](std::string_view word, bool) {
        return word.starts_with(' ') ? std::string(word) : " " + std::string(word);
      });
    if (use_regex) split_words(cut, pattern, isolated, /*invert=*/false);
  };
}

/// Respells words in which the bytes are visible characters, for steps that come after ByteLevel.
void show_bytes(CutText& cut) {
  respell_words(cut, [](std::string_view word, bool) { return to_byte_level(word); });
}

/// Every word ends where the next `mark` begins.
void split_before(CutText& cut, const std::string& mark) {
  Spans words;
  for (const Span& word : cut.words) {
    size_t begin = word.begin;
    const std::string_view text = std::string_view(cut.text).substr(0, word.end);
    for (size_t at; (at = text.find(mark, begin + 1)) != text.npos; begin = at) words.push_back({begin, at});
    words.push_back({begin, word.end});
  }
  cut.words = std::move(words);
}

/// ASCII's punctuation and that of the Unicode which the `tokenizers` package has built in.
Regex rust_punctuation() {
  return Regex(
      str("(?![", younger_punctuation(), younger_members("P"), R"(])[\p{P}$+<=>^`|~\x{166d}\x{111c9}])"));
}

Step read_metaspace(const JsonPart& json) {
  const PrependScheme scheme = read_prepend_scheme(json);
  return [scheme, mark = json.character("replacement"), split = json.flag("split", true)](CutText& cut) {
    respell_words(cut, [&](std::string_view word, bool is_first) {
      std::string text = replace_all(std::string(word), " ", mark);
      const bool prepend = scheme == PrependScheme::always || (scheme == PrependScheme::first && is_first);
      return prepend && !text.starts_with(mark) ? mark + text : text;
    });
    if (split) split_before(cut, mark);
  };
}

Step read_step(const JsonPart& json) {
  const std::string type = json.text("type");
  if (type == "ByteLevel") return read_byte_level(json);
  if (type == "Digits")
    return splitter(oniguruma_regex(kRustNumbers),
                    json.flag("individual_digits", false) ? isolated : contiguous);
  if (type == "Metaspace") return read_metaspace(json);
  if (type == "Punctuation") return splitter(rust_punctuation(), read_behavior(json, /*optional=*/true));
  if (type == "Split")
    return splitter(read_pattern(json.at("pattern")), read_behavior(json), json.flag("invert", false));
  if (type == "Whitespace") return splitter(oniguruma_regex(kRustWords), removed, /*invert=*/true);
  if (type == "WhitespaceSplit") return splitter(oniguruma_regex(R"(\s)"), removed);
  json.unsupported("type",
                   "ByteLevel, Digits, Metaspace, Punctuation, Split, Whitespace, WhitespaceSplit, Sequence");
}

}  // namespace

PrependScheme read_prepend_scheme(const JsonPart& metaspace) {
  const bool never = !metaspace.flag("add_prefix_space", true);
  const std::string scheme = metaspace.text("prepend_scheme", never ? "never" : "always");
  if (never && scheme != "never")
    metaspace.unsupported("prepend_scheme", "\"never\", where add_prefix_space is false");
  if (scheme == "always") return PrependScheme::always;
  if (scheme == "never") return PrependScheme::never;
  if (scheme == "first") return PrependScheme::first;
  metaspace.unsupported("prepend_scheme", "\"always\", \"never\", \"first\"");
}

PreTokenizer::PreTokenizer(const JsonPart& json) {
  for (const JsonPart& step : flatten_sequence(json, "pretokenizers")) {
    if (is_byte_level_) steps_.push_back(show_bytes);
    steps_.push_back(read_step(step));
    is_byte_level_ = step.text("type") == "ByteLevel";
    looks_at_begin_ |= step.text("type") == "Metaspace" && read_prepend_scheme(step) == PrependScheme::first;
  }
}

CutText PreTokenizer::cut(std::string_view text, bool begins_input) const {
  CutText cut{std::string(text), {}, begins_input};
  if (!text.empty()) cut.words.push_back({0, text.size()});
  for (const Step& step : steps_) step(cut);
  return cut;
}

}  // namespace selfreward
