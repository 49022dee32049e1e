#include "gold/ifeval_language.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/regex.h"
#include "base/text_util.h"
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

/// Languages that share a script with others.
const std::map<std::string, std::vector<Marks>>& shared_scripts() {
  static const std::map<std::string, std::vector<Marks>> kShared = {
      {"Devanagari",
       {{"hi", words_of_language("है|हैं|और|में|का|की|के|को|से|नहीं|हूं")},
        {"mr", words_of_language("आहे|आहेत|आणि|मी|नाही|हे|ही|तर|एक|करा|या")},
        {"ne", words_of_language("छ|छन्|र|हो|मा|लाई|पनि|गर्न|भएको")}}},
      {"Arabic",
       {{"ar", Regex("[ةىإأ]|\\b(?:في|من|على|ال\\p{L}+)\\b")},
        {"fa", Regex("[پچژگ]|\\b(?:است|را|که|این|از|می)\\b")},
        {"ur", Regex("[ٹڈڑہھے]|\\b(?:ہے|میں|اور|کے|کی)\\b")}}},
      {"Cyrillic",
       {{"ru", Regex("[ыэё]|\\b(?:и|в|не|что|это|как)\\b")},
        {"bg", Regex("ъ|щ|\\b(?:на|за|се|от|да|са|е)\\b")}}}};
  return kShared;
}

/// Languages that have a script for themselves.
const std::map<std::string, std::string>& own_scripts() {
  static const std::map<std::string, std::string> kOwn = {
      {"Telugu", "te"},   {"Kannada", "kn"}, {"Gujarati", "gu"}, {"Tamil", "ta"},
      {"Gurmukhi", "pa"}, {"Bengali", "bn"}, {"Thai", "th"},     {"Hangul", "ko"}};
  return kOwn;
}

/// Languages of Latin letters beside gold/language.h's five.
const std::vector<Marks>& more_latin() {
  static const std::vector<Marks> kMore = {
      {"", Regex("(?!)")},
      {"pt", Regex("\\b(?i:não|uma|um|são|com|para|você|mais|os|as|do|da|dos|das|em|ao)\\b|[ãõ]")},
      {"fi", Regex("\\b(?i:ja|on|ei|että|se|oli|hän|mutta|ovat|tai|kun)\\b|[äö]{2}|ää")},
      {"sw", Regex("\\b(?i:na|ya|wa|kwa|ni|katika|la|za|kuwa|hii|ili)\\b")},
      {"vi", Regex("[ơưđăạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")}};
  return kMore;
}

/// Among the languages of a script, the one that is marked most.
std::string by_script(const std::string& script, const std::string& text) {
  const auto shared = shared_scripts().find(script);
  return shared == shared_scripts().end() ? own_scripts().at(script) : most_marked(shared->second, text);
}

/// Of Latin letters: gold/language.h's five, or one of these where it has more marks.
std::string by_latin_words(const std::string& text) {
  const std::string more = most_marked(more_latin(), text), known = language_of(text);
  if (more.empty()) return known;
  const auto words = static_cast<double>(hits(Regex("\\p{L}+"), text));
  const auto& languages_here = more_latin();
  const auto marks = std::find_if(languages_here.begin(), languages_here.end(),
                                  [&](const Marks& m) { return m.code == more; });
  const bool clear = static_cast<double>(hits(marks->marks, text)) >= 0.25 * words;
  return clear || known.empty() ? more : known;
}

}  // namespace

const std::vector<std::string>& ifeval_languages() {
  static const auto kCodes = [] {
    const auto five = split_words(replace_all(known_languages(), ",", " "));  // gold/language.h's
    std::set<std::string> codes(five.begin(), five.end());
    for (const auto& [script, code] : own_scripts()) codes.insert(code);
    for (const auto& [script, languages] : shared_scripts())
      for (const Marks& language : languages) codes.insert(language.code);
    for (const Marks& language : more_latin())
      if (*language.code != '\0') codes.insert(language.code);
    return std::vector<std::string>(codes.begin(), codes.end());
  }();
  return kCodes;
}

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
