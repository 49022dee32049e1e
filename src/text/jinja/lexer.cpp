#include "text/jinja/lexer.h"

#include <algorithm>

#include "base/error.h"
#include "base/text_util.h"
#include "text/jinja/unicode.h"

namespace selfreward::jinja {

void fail_at(int line, const std::string& message) {
  fail("line ", line, ": ", message);
}

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string normalize_newlines(const std::string& text) {
  return replace_all(replace_all(text, "\r\n", "\n"), "\r", "\n");
}

class Lexer {
 public:
  explicit Lexer(const std::string& source) : source_(normalize_newlines(source)) {
    if (source_.ends_with('\n')) source_.pop_back();
  }

  std::vector<Token> run() {
    while (position_ < source_.size()) lex_text();
    emit(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return std::string_view(source_).substr(position_); }
  bool looking_at(std::string_view text) const { return rest().starts_with(text); }
  void emit(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  void advance(size_t size) {
    const auto begin = source_.begin() + static_cast<std::ptrdiff_t>(position_);
    line_ += static_cast<int>(std::count(begin, begin + static_cast<std::ptrdiff_t>(size), '\n'));
    position_ += size;
    if (size > 0) line_starting_ = source_[position_ - 1] == '\n';
  }

  /// Text up to the next tag, then the tag.
  void lex_text() {
    size_t tag = position_;
    while (tag + 1 < source_.size() && !(source_[tag] == '{' && is_tag_mark(source_[tag + 1]))) ++tag;
    if (tag + 1 >= source_.size()) {
      emit(TokenKind::text, std::string(rest()));
      return advance(source_.size() - position_);
    }
    emit_text_before(tag, /*is_print=*/source_[tag + 1] == '{');
    lex_tag();
  }

  static bool is_tag_mark(char c) { return c == '{' || c == '%' || c == '#'; }

  /// The text before a tag at byte `tag`, without the space that `{%-` or lstrip_blocks takes.
  void emit_text_before(size_t tag, bool is_print) {
    std::string_view text = rest().substr(0, tag - position_);
    const char sign = tag + 2 < source_.size() ? source_[tag + 2] : ' ';
    if (sign == '-') {
      text = strip_text(text, Side::right);
    } else if (sign != '+' && !is_print) {
      const size_t line_begin = text.rfind('\n') + 1;
      const std::string_view last_line = text.substr(line_begin);
      const bool whole_line = line_begin > 0 || line_starting_;
      if (whole_line && leading_space(last_line) == last_line.size()) text = text.substr(0, line_begin);
    }
    if (!text.empty()) emit(TokenKind::text, std::string(text));
    advance(tag - position_);
  }

  void lex_tag() {
    if (source_[position_ + 1] == '#') return lex_comment();
    if (source_[position_ + 1] == '%' && raw_tag_size(position_, "raw", false) > 0) return lex_raw();
    const bool block = source_[position_ + 1] == '%';
    emit(block ? TokenKind::block_begin : TokenKind::print_begin, "");
    advance(2);
    if (looking_at("-") || looking_at("+")) advance(1);
    brackets_.clear();
    while (!lex_tag_end(block)) lex_token();
  }

  /// Bytes of "{%- raw -%}" at byte `tag` of the source (and the white space it takes), or 0.
  size_t raw_tag_size(size_t tag, std::string_view word, bool trim_newline) const {
    const std::string_view text = std::string_view(source_).substr(tag);
    size_t size = 2;
    if (text.substr(size, 1) == "-" || text.substr(size, 1) == "+") ++size;
    size += leading_space(text.substr(std::min(size, text.size())));
    if (text.substr(std::min(size, text.size()), word.size()) != word) return 0;
    size += word.size();
    size += leading_space(text.substr(size));
    const size_t end = tag_end_size(text.substr(size), "%}", trim_newline);
    return end > 0 ? size + end : 0;
  }

  /// Bytes of "%}", "-%}" or "+%}" at the start of `text` with the white space it takes, or 0.
  static size_t tag_end_size(std::string_view text, std::string_view mark, bool trim_newline) {
    if (text.starts_with(mark)) return 2 + (trim_newline && text.substr(2, 1) == "\n" ? 1 : 0);
    if (text.size() < 3 || text.substr(1, 2) != mark) return 0;
    if (text[0] == '-') return 3 + leading_space(text.substr(3));
    return text[0] == '+' && trim_newline ? 3 : 0;
  }

  void lex_comment() {
    const int line = line_;
    size_t end = 0;
    advance(2);
    if (looking_at("-") || looking_at("+")) advance(1);
    for (; position_ < source_.size(); advance(1)) {
      end = tag_end_size(rest(), "#}", true);
      if (end > 0) return advance(end);
    }
    fail_at(line, "a comment {# is not closed");
  }

  void lex_raw() {
    const int line = line_;
    advance(raw_tag_size(position_, "raw", false));
    for (size_t tag = source_.find("{%", position_); tag != std::string::npos;
         tag = source_.find("{%", tag + 1)) {
      const size_t size = raw_tag_size(tag, "endraw", true);
      if (size == 0) continue;
      emit_text_before(tag, /*is_print=*/false);
      return advance(size);
    }
    fail_at(line, "{% raw %} is not closed");
  }

  bool lex_tag_end(bool block) {
    check_more();
    const size_t size = brackets_.empty() ? tag_end_size(rest(), block ? "%}" : "}}", block) : 0;
    if (size == 0) return false;
    emit(block ? TokenKind::block_end : TokenKind::print_end, "");
    advance(size);
    return true;
  }

  void check_more() const {
    if (position_ >= source_.size()) fail_at(line_, "the template ends inside a tag");
  }

  void lex_token() {
    const size_t space = leading_space(rest());
    if (space > 0) return advance(space);
    const char c = source_[position_];
    if (is_digit(c)) return lex_number();
    if (is_name_start(c))
      return lex_while(TokenKind::name, [](char d) { return is_name_start(d) || is_digit(d); });
    if (c == '\'' || c == '"') return lex_string(c);
    lex_operator();
  }

  template <typename Predicate>
  void lex_while(TokenKind kind, Predicate belongs) {
    size_t size = 0;
    while (size < rest().size() && belongs(rest()[size])) ++size;
    emit(kind, std::string(rest().substr(0, size)));
    advance(size);
  }

  /// Bytes of decimal digits with single underscores between them, from byte `from` of the rest.
  size_t digits_size(size_t from) const {
    const std::string_view text = rest();
    size_t size = from;
    while (size < text.size() &&
           (is_digit(text[size]) ||
            (text[size] == '_' && size > from && size + 1 < text.size() && is_digit(text[size + 1])))) {
      ++size;
    }
    return size - from;
  }

  void lex_number() {
    const std::string_view text = rest();
    const bool after_dot = position_ > 0 && source_[position_ - 1] == '.';
    size_t size = digits_size(0);
    const size_t integer_size = size;
    if (!after_dot && text.substr(size, 1) == "." && digits_size(size + 1) > 0)
      size += 1 + digits_size(size + 1);
    if (!after_dot && size < text.size() && (text[size] == 'e' || text[size] == 'E')) {
      const size_t sign = size + 1 < text.size() && (text[size + 1] == '+' || text[size + 1] == '-') ? 1 : 0;
      const size_t exponent = digits_size(size + 1 + sign);
      if (exponent > 0) size += 1 + sign + exponent;
    }
    const bool bad = size == integer_size && size < text.size() && is_name_start(text[size]);
    const bool octal =
        size == integer_size && text[0] == '0' && text.substr(0, size).find_first_not_of("0_") < size;
    if (bad || octal) fail_at(line_, str("the number ", text.substr(0, size + 1), "... is not supported"));
    emit(size == integer_size ? TokenKind::integer : TokenKind::number,
         replace_all(std::string(text.substr(0, size)), "_", ""));
    advance(size);
  }

  void lex_string(char mark) {
    size_t end = position_ + 1;
    while (end < source_.size() && source_[end] != mark) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) fail_at(line_, "a string is not closed");
    emit(TokenKind::string,
         unescape(line_, std::string_view(source_).substr(position_ + 1, end - position_ - 1)));
    advance(end + 1 - position_);
  }

  void lex_operator() {
    static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", ">=", "<="};
    const std::string_view text = rest();
    const auto found = std::find(std::begin(kTwo), std::end(kTwo), text.substr(0, 2));
    const size_t size = found == std::end(kTwo) ? 1 : 2;
    const std::string op(text.substr(0, size));
    if (size == 1 && std::string_view("+-/*%~[](){}><=.:|,;").find(op) == std::string_view::npos) {
      fail_at(line_, str("unexpected character '", first_character(text), "' in a tag"));
    }
    balance(op);
    emit(TokenKind::op, op);
    advance(size);
  }

  void balance(const std::string& op) {
    static constexpr std::string_view kOpen = "([{", kClose = ")]}";
    if (kOpen.find(op) != std::string_view::npos) brackets_ += kClose[kOpen.find(op)];
    if (kClose.find(op) == std::string_view::npos) return;
    if (brackets_.empty()) fail_at(line_, str("unexpected '", op, "'"));
    if (brackets_.back() != op[0])
      fail_at(line_, str("unexpected '", op, "', expected '", brackets_.back(), "'"));
    brackets_.pop_back();
  }

  std::string source_;
  size_t position_ = 0;
  int line_ = 1;
  bool line_starting_ = true;  // the last thing read ended with a newline
  std::string brackets_;       // the closing brackets that are due
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(const std::string& source) {
  return Lexer(source).run();
}

}  // namespace selfreward::jinja
