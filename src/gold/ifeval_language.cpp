#include "gold/ifeval_language.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/regex.h"
#include "gold/language.h"

namespace selfreward {
namespace {

struct Marks {
  const char* code;
  Regex marks;  // words or letters that mark the language
};

size_t hits(const Regex& regex, const std::string& text) {
  return regex.find_wholes(text).size();
}

/// The code with the most marks; the first one where none has any.
std::string most_marked(const std::vector<Marks>& languages, const std::string& text) {
  std::pair<std::string, size_t> best{languages.front().code, 0};
  for (const Marks& language : languages)
    if (const size_t found = hits(language.marks, text); found > best.second) best = {language.code, found};
  return best.first;
}

/// Any of the words as a whole one; marks that are written over and below letters belong to words.
Regex words_of_language(const std::string& words) {
  return Regex("(?<![\\p{L}\\p{M}])(?:" + words + ")(?![\\p{L}\\p{M}])");
}

/// Languages that have a script for themselves, and those that share one.
std::string by_script(const std::string& script, const std::string& text) {
  static const std::vector<Marks> kDevanagari = {
      {"hi", words_of_language("है|हैं|और|में|का|की|के|को|से|नहीं|हूं")},
      {"mr", words_of_language("आहे|आहेत|आणि|मी|नाही|हे|ही|तर|एक|करा|या")},
      {"ne", words_of_language("छ|छन्|र|हो|मा|लाई|पनि|गर्न|भएको")}};
  static const std::vector<Marks> kArabic = {{"ar", Regex("[ةىإأ]|\\b(?:في|من|على|ال\\p{L}+)\\b")},
                                             {"fa", Regex("[پچژگ]|\\b(?:است|را|که|این|از|می)\\b")},
                                             {"ur", Regex("[ٹڈڑہھے]|\\b(?:ہے|میں|اور|کے|کی)\\b")}};
  static const std::vector<Marks> kCyrillic = {{"ru", Regex("[ыэё]|\\b(?:и|в|не|что|это|как)\\b")},
                                               {"bg", Regex("ъ|щ|\\b(?:на|за|се|от|да|са|е)\\b")}};
  if (script == "Devanagari") return most_marked(kDevanagari, text);
  if (script == "Arabic") return most_marked(kArabic, text);
  if (script == "Cyrillic") return most_marked(kCyrillic, text);
  static const std::vector<std::pair<std::string, std::string>> kOwn = {
      {"Telugu", "te"},   {"Kannada", "kn"}, {"Gujarati", "gu"}, {"Tamil", "ta"},
      {"Gurmukhi", "pa"}, {"Bengali", "bn"}, {"Thai", "th"},     {"Hangul", "ko"}};
  for (const auto& [name, code] : kOwn)
    if (name == script) return code;
  return "";
}

/// Of Latin letters: gold/language.h's five, or one of these where it has more marks.
std::string by_latin_words(const std::string& text) {
  static const std::vector<Marks> kMore = {
      {"", Regex("(?!)")},
      {"pt", Regex("\\b(?i:não|uma|um|são|com|para|você|mais|os|as|do|da|dos|das|em|ao)\\b|[ãõ]")},
      {"fi", Regex("\\b(?i:ja|on|ei|että|se|oli|hän|mutta|ovat|tai|kun)\\b|[äö]{2}|ää")},
      {"sw", Regex("\\b(?i:na|ya|wa|kwa|ni|katika|la|za|kuwa|hii|ili)\\b")},
      {"vi", Regex("[ơưđăạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")}};
  const std::string more = most_marked(kMore, text), known = language_of(text);
  if (more.empty()) return known;
  const auto words = static_cast<double>(hits(Regex("\\p{L}+"), text));
  const auto marks = std::find_if(kMore.begin(), kMore.end(), [&](const Marks& m) { return m.code == more; });
  const bool clear = static_cast<double>(hits(marks->marks, text)) >= 0.25 * words;
  return clear || known.empty() ? more : known;
}

}  // namespace

std::string ifeval_language(const std::string& text) {
  static const char* const kScripts[] = {"Devanagari", "Arabic",   "Cyrillic", "Telugu",
                                         "Kannada",    "Gujarati", "Tamil",    "Gurmukhi",
                                         "Bengali",    "Thai",     "Hangul"};
  std::pair<std::string, size_t> best{"", hits(Regex("\\p{Latin}"), text)};
  for (const char* script : kScripts)
    if (const size_t found = hits(Regex("\\p{" + std::string(script) + "}"), text); found > best.second)
      best = {script, found};
  return best.first.empty() ? by_latin_words(text) : by_script(best.first, text);
}

}  // namespace selfreward
