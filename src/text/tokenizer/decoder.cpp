#include "text/tokenizer/decoder.h"

#include <optional>

#include "base/text_util.h"
#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/pre_tokenizer.h"
#include "text/tokenizer/split_pattern.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

using Tokens = Decoder::Tokens;
using Step = std::function<Tokens(Tokens)>;

Tokens byte_level(const Tokens& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) bytes += from_byte_level(token).value_or(token);
  return {repair_utf8(bytes)};
}

/// The byte of a token such as <0x0A>.
std::optional<char> fallback_byte(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  const auto digit = [&](size_t i) {
    const char* digits = "0123456789abcdef";
    const char c = token[i] >= 'A' && token[i] <= 'F' ? static_cast<char>(token[i] + ('a' - 'A')) : token[i];
    return std::string_view(digits).find(c);
  };
  if (digit(3) == std::string_view::npos || digit(4) == std::string_view::npos) return std::nullopt;
  return static_cast<char>(digit(3) * 16 + digit(4));
}

/// A run of byte tokens as text; if the run as a whole is not UTF-8, each byte is one U+FFFD.
std::string text_of_run(const std::string& bytes) {
  if (is_valid_utf8(bytes)) return bytes;
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) text += kReplacementCharacter;
  return text;
}

Tokens byte_fallback(Tokens tokens) {
  Tokens out;
  std::string run;
  const auto end_run = [&] {
    if (!run.empty()) out.push_back(text_of_run(run));
    run.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = fallback_byte(token)) {
      run += *byte;
    } else {
      end_run();
      out.push_back(std::move(token));
    }
  }
  end_run();
  return out;
}

/// Takes up to `start` and `stop` times `content` off both ends.
std::string stripped(std::string_view token, std::string_view content, int64_t start, int64_t stop) {
  for (int64_t i = 0; i < start && token.starts_with(content); ++i) token.remove_prefix(content.size());
  for (int64_t i = 0; i < stop && token.ends_with(content); ++i) token.remove_suffix(content.size());
  return std::string(token);
}

Step read_strip(const JsonPart& json) {
  return [content = json.character("content"), start = json.number("start"),
          stop = json.number("stop")](Tokens tokens) {
    for (std::string& token : tokens) token = stripped(token, content, start, stop);
    return tokens;
  };
}

Step read_replace(const JsonPart& json) {
  return [pattern = read_pattern(json.at("pattern")), content = json.text("content")](Tokens tokens) {
    for (std::string& token : tokens) token = replace_matches(pattern, token, content);
    return tokens;
  };
}

/// "▁" is a space; in the first token, to which encoding added it, nothing.
Step read_metaspace(const JsonPart& json) {
  const bool drops_first = read_prepend_scheme(json) != PrependScheme::never;
  return [drops_first, mark = json.character("replacement")](Tokens tokens) {
    for (size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = replace_all(std::move(tokens[i]), mark, i == 0 && drops_first ? "" : " ");
    return tokens;
  };
}

Step read_step(const JsonPart& json) {
  const std::string type = json.text("type");
  if (type == "ByteLevel") return byte_level;
  if (type == "ByteFallback") return byte_fallback;
  if (type == "Fuse") return [](const Tokens& tokens) { return Tokens{joined(tokens, "")}; };
  if (type == "Metaspace") return read_metaspace(json);
  if (type == "Replace") return read_replace(json);
  if (type == "Strip") return read_strip(json);
  json.unsupported("type", "ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, Sequence");
}

}  // namespace

Decoder::Decoder(const JsonPart& json) {
  for (const JsonPart& step : flatten_sequence(json, "decoders")) steps_.push_back(read_step(step));
}

std::string Decoder::decode(Tokens tokens) const {
  if (steps_.empty()) return joined(tokens, " ");
  for (const Step& step : steps_) tokens = step(std::move(tokens));
  return joined(tokens, "");
}

}  // namespace selfreward
