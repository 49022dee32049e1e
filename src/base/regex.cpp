#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/regex.h"

#include <pcre2.h>

#include "base/utf8.h"

namespace selfreward {

struct Regex::Code {
  pcre2_code* code = nullptr;
  std::string pattern;
  ~Code() { pcre2_code_free(code); }
};

std::string literal_pattern(const std::string& text) {
  std::string pattern = "\\Q";
  for (size_t at = 0, end; at <= text.size(); at = end + 2) {
    end = std::min(text.find("\\E", at), text.size());
    pattern += text.substr(at, end - at) + (end < text.size() ? "\\E\\\\E\\Q" : "\\E");
    if (end == text.size()) break;
  }
  return pattern;
}

Regex::Regex(const std::string& pattern, bool ignore_case) {
  const auto code = std::make_shared<Code>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  const uint32_t options = PCRE2_UTF | PCRE2_UCP | (ignore_case ? PCRE2_CASELESS : 0);
  code->pattern = pattern;
  code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error,
                             &offset, nullptr);
  if (!code->code) {
    PCRE2_UCHAR message[256];
    pcre2_get_error_message(error, message, sizeof message);
    fail("[regex] '", pattern, "' is wrong at character ", offset, ": ", reinterpret_cast<char*>(message));
  }
  pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);
  code_ = code;
}

namespace {

using MatchData = std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)>;

MatchData make_match_data(const pcre2_code* code) {
  return {pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free};
}

Regex::Match read_match(pcre2_match_data* data, int count) {
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(data);
  Regex::Match match(pcre2_get_ovector_count(data));
  for (size_t i = 0; i < match.size(); ++i)
    if (i < static_cast<size_t>(count) && offsets[2 * i] != PCRE2_UNSET)
      match[i] = {offsets[2 * i], offsets[2 * i + 1]};
  return match;
}

using Context = std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>;
using Stack = std::unique_ptr<pcre2_jit_stack, decltype(&pcre2_jit_stack_free)>;

/// pcre2_match with a stack that grows: the JIT's own has 32 KiB, enough for a thousand characters that a
/// pattern such as (?:.|\n)* steps over.
int match_with_large_stack(const pcre2_code* code, std::string_view text, size_t from, uint32_t options,
                           pcre2_match_data* data) {
  constexpr size_t kFirst = size_t{1} << 16, kMost = size_t{1} << 28;  // bytes
  const Context context(pcre2_match_context_create(nullptr), &pcre2_match_context_free);
  const Stack stack(pcre2_jit_stack_create(kFirst, kMost, nullptr), &pcre2_jit_stack_free);
  pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options, data,
                     context.get());
}

/// Searches once from byte `from`: how many groups of `data` are set, 0 where there is no match. `options`
/// may say that the text is known to be UTF-8.
int match_once(const pcre2_code* code, const std::string& pattern, std::string_view text, size_t from,
               uint32_t options, pcre2_match_data* data) {
  int count =
      pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options, data, nullptr);
  if (count == PCRE2_ERROR_JIT_STACKLIMIT) count = match_with_large_stack(code, text, from, options, data);
  if (count == PCRE2_ERROR_NOMATCH || (count <= PCRE2_ERROR_UTF8_ERR1 && count >= PCRE2_ERROR_UTF8_ERR21))
    return 0;
  if (count < 0)
    throw RegexLimit(str("[regex] '", pattern, "' cannot be matched on a text of ", text.size(),
                         " bytes: it tries too many ways (PCRE2 error ", count,
                         "); write it without repetitions inside repetitions, or with possessive ones (*+)"));
  return count;
}

/// Calls `take(data, count)` for every match, left to right.
template <typename Take>
void for_each_match(const pcre2_code* code, const std::string& pattern, std::string_view text, Take take) {
  const MatchData data = make_match_data(code);
  const PCRE2_SIZE* whole = pcre2_get_ovector_pointer(data.get());
  uint32_t options =
      0;  // the first search checks that all of the text is UTF-8; to repeat it would be quadratic
  for (size_t at = 0; at <= text.size(); options = PCRE2_NO_UTF_CHECK) {
    const int count = match_once(code, pattern, text, at, options, data.get());
    if (count == 0) return;
    take(data.get(), count);
    at = whole[1];
    if (whole[0] != whole[1]) continue;
    at = next_character(text, at + 1);  // step over one character after an empty match
  }
}

}  // namespace

std::optional<Regex::Match> Regex::search(std::string_view text, size_t from) const {
  if (from > text.size()) return std::nullopt;
  const MatchData data = make_match_data(code_->code);
  const int count = match_once(code_->code, code_->pattern, text, from, /*options=*/0, data.get());
  return count == 0 ? std::nullopt : std::optional(read_match(data.get(), count));
}

std::vector<Regex::Match> Regex::find_all(std::string_view text) const {
  std::vector<Match> all;
  for_each_match(code_->code, code_->pattern, text,
                 [&](pcre2_match_data* data, int count) { all.push_back(read_match(data, count)); });
  return all;
}

std::vector<Regex::Group> Regex::find_wholes(std::string_view text) const {
  std::vector<Group> all;
  for_each_match(code_->code, code_->pattern, text, [&](pcre2_match_data* data, int) {
    const PCRE2_SIZE* whole = pcre2_get_ovector_pointer(data);
    all.push_back({whole[0], whole[1]});
  });
  return all;
}

}  // namespace selfreward
