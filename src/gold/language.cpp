#include "gold/language.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/regex.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

struct Language {
  const char* code;
  const char* name;
  std::unordered_set<std::string> common;
  Regex letters;  // of words that hardly another of these languages has
};

std::unordered_set<std::string> set_of(std::string_view words) {
  const auto list = split_words(words);
  return {list.begin(), list.end()};
}

const std::vector<Language>& languages() {
  static const std::vector<Language> kLanguages = {
      {"en", "English",
       set_of("the of and to is in it that for was with as on are this be at by have from or not you we they "
              "he she his her my your our their an but what all can has will there when which who how i"),
       Regex("(?!)")},
      {"de", "German",
       set_of("der die das und ist nicht ein eine einen einem einer ich du er sie es wir ihr zu mit auf für "
              "von dem den des im am auch sich aber oder wie wenn was wo kann sind war haben hat viele man "
              "sehr"),
       Regex("[äöüß]", /*ignore_case=*/true)},
      {"es", "Spanish",
       set_of("el la los las de del que y en un una es no se por con para su sus al lo como más pero muy "
              "está están son hay yo tú mi nos le me cuando donde porque también todo todos este esta"),
       Regex("[ñ¿¡]|ci[oó]n$|[aeo]s[aá]$", /*ignore_case=*/true)},
      {"fr", "French",
       set_of(
           "le la les de des du et un une est en que qui dans pour pas ne ce cette ces il elle ils elles je "
           "tu nous vous on au aux par sur avec mais ou où plus sont son sa ses mon ma très comme c l d j "
           "qu n s"),
       Regex("[çœêèâîôûëï]|eux$", /*ignore_case=*/true)},
      {"it", "Italian",
       set_of(
           "il lo la gli le di del della dei che e è in un una per non con sono si da al alla nel nella su "
           "come più ma anche io tu lui lei noi voi mi ci questo questa quando dove molto tutti ha ho l "
           "dell"),
       Regex("[ìò]|zion[ei]$|tt[oaie]$", /*ignore_case=*/true)},
  };
  return kLanguages;
}

/// ASCII capitals made small; the common words with other letters are found as they are written.
std::string small(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

double marked(const Language& language, const std::vector<std::string>& words) {
  double count = 0;
  for (const std::string& word : words)
    count += language.common.count(word) ? 1.0 : language.letters.matches(word) ? 0.5 : 0.0;
  return count;
}

}  // namespace

std::string language_name(const std::string& code) {
  for (const Language& language : languages())
    if (code == language.code) return language.name;
  return "";
}

std::string known_languages() {
  std::string text;
  for (const Language& language : languages()) text += std::string(text.empty() ? "" : ", ") + language.code;
  return text;
}

std::string language_of(const std::string& text) {
  static const Regex kWord("[¿¡]?\\p{L}+");
  std::vector<std::string> words;
  for (const auto& match : kWord.find_wholes(text)) words.push_back(small(std::string(match.in(text))));
  double best = 0, second = 0;
  std::string code;
  for (const Language& language : languages()) {
    const double count = marked(language, words);
    if (count > best) {
      second = std::exchange(best, count);
      code = language.code;
    } else {
      second = std::max(second, count);
    }
  }
  const bool clear = best >= 2 && best >= 0.2 * static_cast<double>(words.size()) && best >= 1.2 * second;
  return clear ? code : "";
}

}  // namespace selfreward
