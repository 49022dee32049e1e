#include "verifiable/compose.h"

#include <algorithm>
#include <cctype>

#include "base/text_util.h"
#include "gold/text.h"
#include "verifiable/compose_words.h"

namespace selfreward::verifiable {
namespace {

using K = RequirementKind;

const Requirement* find(const Requirements& all, K kind) {
  const auto found = std::find_if(all.begin(), all.end(), [&](auto& r) { return r.kind == kind; });
  return found == all.end() ? nullptr : &*found;
}

std::string with_capital(std::string text) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string joined(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

template <typename T>
std::vector<T> shuffled(const std::vector<T>& list, const Seed& seed) {
  std::vector<T> mixed;
  for (const size_t i : seed.permutation(list.size())) mixed.push_back(list[i]);
  return mixed;
}

/// Without sentences that say what is to be avoided.
std::vector<std::string> allowed(std::vector<std::string> sentences, const Requirements& all) {
  std::erase_if(sentences, [&](const std::string& sentence) {
    return std::any_of(all.begin(), all.end(), [&](const Requirement& r) {
      return (r.kind == K::exclude || r.kind == K::forbid) && !check_requirement(r, sentence).met;
    });
  });
  return sentences;
}

/// What the text is filled up with: short sentences first where words are few, long ones where they are many.
std::vector<std::string> fillers(const Requirements& all, const Topic& topic, const Seed& seed) {
  const Requirement* language = find(all, K::language);
  const std::string code = language ? language->text : "en";
  std::vector<std::string> list;
  if (code == "en") list = topic.sentences;
  const auto general = shuffled(general_sentences(topic, code), seed);
  list.insert(list.end(), general.begin(), general.end());
  list = allowed(std::move(list), all);
  const auto by_length = [](auto& a, auto& b) { return words_of(a).size() < words_of(b).size(); };
  const Requirement* words = find(all, K::words);
  if (words && words->max) std::stable_sort(list.begin(), list.end(), by_length);
  if (words && !words->max)
    std::stable_sort(list.begin(), list.end(), [&](auto& a, auto& b) { return by_length(b, a); });
  return list;
}

std::string placeholder_sentence(int64_t count) {
  return count == 1   ? "Please call [name] soon."
         : count == 2 ? "Please call [name] before [date]."
                      : "Please meet [name] at [place] before [date].";
}

std::string include_sentence(const Requirement& r) {
  return "Think of " + joined(r.words, " and ") + " as well.";
}

/// The sentences that the requirements dictate: at the start, anywhere, at the end.
struct Dictated {
  std::vector<std::string> first, middle, last;
};

Dictated dictated(const Draft& draft, const Topic& topic) {
  const Requirements& all = draft.requirements;
  Dictated parts;
  const Requirement* language = find(all, K::language);
  if (const auto* r = find(all, K::starts_with)) parts.first.push_back(start_sentence(r->text));
  if (find(all, K::choice)) parts.middle.push_back(topic.options.front());
  if (const auto* r = find(all, K::include)) parts.middle.push_back(include_sentence(*r));
  if (const auto* r = find(all, K::placeholders)) parts.middle.push_back(placeholder_sentence(*r->min));
  parts.middle.insert(parts.middle.end(), draft.extra.begin(), draft.extra.end());
  if (const auto* r = find(all, K::ends_with))
    parts.last.push_back(r->text == "?" ? question_in(language ? language->text : "en") : r->text);
  return parts;
}

size_t total_words(const std::vector<std::string>& sentences) {
  size_t total = 0;
  for (const std::string& sentence : sentences) total += words_of(sentence).size();
  return total;
}

/// Whether the body, of `size` sentences with the dictated ones, needs or bears another.
bool takes_more(const Requirements& all, size_t size, size_t words, const std::string& next) {
  const Requirement* sentences = find(all, K::sentences);
  const Requirement* limit = find(all, K::words);
  const Requirement* paragraphs = find(all, K::paragraphs);
  const size_t least =
      std::max<size_t>(paragraphs ? static_cast<size_t>(*paragraphs->min) : 1,
                       sentences && sentences->min ? static_cast<size_t>(*sentences->min) : 1);
  if (sentences && sentences->max && size >= static_cast<size_t>(*sentences->max)) return false;
  if (size < least) return true;
  if (limit && limit->max && words + words_of(next).size() > static_cast<size_t>(*limit->max)) return false;
  if (limit && limit->min && words < static_cast<size_t>(*limit->min)) return true;
  return size < 3;
}

std::vector<std::string> body_of(const Draft& draft, const Topic& topic, const Seed& seed) {
  const Dictated parts = dictated(draft, topic);
  std::vector<std::string> body = parts.first, middle = parts.middle;
  const size_t fixed = parts.first.size() + parts.last.size();
  for (const std::string& next : fillers(draft.requirements, topic, seed)) {
    const size_t words = total_words(middle) + total_words(parts.first) + total_words(parts.last);
    if (takes_more(draft.requirements, middle.size() + fixed, words, next)) middle.push_back(next);
  }
  for (std::string& sentence : shuffled(middle, seed.child("order"))) body.push_back(std::move(sentence));
  body.insert(body.end(), parts.last.begin(), parts.last.end());
  return body;
}

/// `body` in `count` parts of about equal size.
std::string in_paragraphs(const std::vector<std::string>& body, size_t count) {
  std::string text;
  for (size_t i = 0; i < body.size(); ++i) {
    const bool new_part = i > 0 && i * count / body.size() != (i - 1) * count / body.size();
    text += (i == 0 ? "" : new_part ? "\n\n" : " ") + body[i];
  }
  return text;
}

std::string prose(const Draft& draft, const Topic& topic, const Seed& seed) {
  const Requirement* paragraphs = find(draft.requirements, K::paragraphs);
  return in_paragraphs(body_of(draft, topic, seed), paragraphs ? static_cast<size_t>(*paragraphs->min) : 1);
}

std::string list(const Draft& draft, const Requirement& points, const Topic& topic, const Seed& seed) {
  const Dictated parts = dictated({draft.requirements, draft.extra}, topic);
  const bool short_of_words = find(draft.requirements, K::words) != nullptr;
  std::vector<std::string> pool;
  if (const auto* r = find(draft.requirements, K::include)) pool = r->words;
  if (!short_of_words && seed.child("style").below(0, 2) == 0)
    for (const std::string& text : allowed(topic.sentences, draft.requirements)) pool.push_back(text);
  for (const std::string& item : allowed(topic.items, draft.requirements))
    if (std::count(pool.begin(), pool.end(), item) == 0) pool.push_back(item);
  const int64_t count = points.min && *points.min > 1 ? *points.min : points.max.value_or(3);
  std::vector<std::string> lines = parts.first;
  for (size_t i = 0; i < std::min(pool.size(), static_cast<size_t>(count)); ++i)
    lines.push_back((points.kind == K::bullets ? "- " : str(i + 1, ". ")) + with_capital(pool[i]));
  for (const auto* more : {&draft.extra, &parts.last})
    for (const std::string& text : *more) lines.push_back("\n" + text);
  return joined(lines, "\n");
}

std::string json_answer(const Requirements& all, const Requirement& keys, const Topic& topic) {
  Json json;
  std::vector<std::string> values = {topic.name};
  if (const auto* r = find(all, K::include)) values.insert(values.end(), r->words.begin(), r->words.end());
  const auto items = allowed(topic.items, all);
  values.insert(values.end(), items.begin(), items.end());
  for (size_t i = 0; i < keys.words.size(); ++i) json[keys.words[i]] = values.at(i);
  return json.dump();
}

std::string title_of(const Topic& topic) {
  return topic.category == "noun" ? "A note on " + topic.name : "My thoughts";
}

std::string with_title(const Requirements& all, const Topic& topic, std::string text) {
  if (find(all, K::title)) text = "[[" + title_of(topic) + "]]\n\n" + text;
  if (find(all, K::heading)) text = "# " + title_of(topic) + "\n\n" + text;
  return text;
}

std::string in_case(const Requirements& all, std::string text) {
  const bool lower = find(all, K::lower_case), upper = find(all, K::upper_case);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (lower || upper))
      c = static_cast<char>(lower ? std::tolower(byte) : std::toupper(byte));
  }
  return text;
}

}  // namespace

std::string compose(const Draft& draft, const Topic& topic, const Seed& seed) {
  const Requirements& all = draft.requirements;
  const Requirement* bullets = find(all, K::bullets);
  const Requirement* points = bullets ? bullets : find(all, K::numbered);
  const Requirement* json = find(all, K::json);
  const std::string text = json     ? json_answer(all, *json, topic)
                           : points ? list(draft, *points, topic, seed)
                                    : prose(draft, topic, seed);
  return in_case(all, with_title(all, topic, text));
}

}  // namespace selfreward::verifiable
